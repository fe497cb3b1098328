import { z } from 'zod';
import { RetentionSettings } from '../../../engine/organizations/index.ts';
import { pageQuery, pageReply } from '../../../http/cursor.ts';
import { idOf } from '../ids.ts';
import { actor, time } from '../reply-fields.ts';

const { unusedDays, consentDays, verificationDays, deliveryDays, auditDays } = RetentionSettings.shape;
const what = {
  unusedDays: 'Days without enrollment or verification after which a person is erased',
  consentDays: 'Days that a consent without an end is valid',
  verificationDays: 'Days that verifications, alerts and counts of failures are kept',
  deliveryDays: 'Days that events and the log of deliveries are kept',
  auditDays: 'Days that lines of the audit log are kept; the longest term of all organizations applies',
};

/** As it is stored, with null for the default again. */
export const RetentionChange = z
  .strictObject({
    unusedDays: unusedDays.nullable().describe(what.unusedDays),
    consentDays: consentDays.nullable().describe(what.consentDays),
    verificationDays: verificationDays.nullable().describe(what.verificationDays),
    deliveryDays: deliveryDays.nullable().describe(what.deliveryDays),
    auditDays: auditDays.nullable().describe(what.auditDays),
  })
  .refine((change) => Object.values(change).some((value) => value !== undefined), 'Name at least one term.')
  .meta({
    id: 'RetentionChange',
    description: 'Terms in days; null: the default.',
    examples: [{ unusedDays: 365 }],
  });

const days = z.int().min(1);

export const RetentionReply = z
  .strictObject({
    terms: z
      .strictObject({
        unusedDays: days.describe(what.unusedDays),
        consentDays: days.optional().describe(`${what.consentDays}; absent: until it is withdrawn`),
        verificationDays: days.describe(what.verificationDays),
        deliveryDays: days.describe(what.deliveryDays),
        auditDays: days.describe(what.auditDays),
      })
      .describe('Terms in force'),
    set: z
      .strictObject({
        unusedDays: days.optional().describe(what.unusedDays),
        consentDays: days.optional().describe(what.consentDays),
        verificationDays: days.optional().describe(what.verificationDays),
        deliveryDays: days.optional().describe(what.deliveryDays),
        auditDays: days.optional().describe(what.auditDays),
      })
      .describe('Terms that were set; the others are defaults'),
  })
  .meta({
    id: 'RetentionTerms',
    description: 'How long data of the organization is kept.',
    examples: [
      {
        terms: { unusedDays: 365, verificationDays: 365, deliveryDays: 90, auditDays: 3650 },
        set: { unusedDays: 365 },
      },
    ],
  });

export const SweepOrder = z
  .strictObject({
    confirm: z.int().min(0).optional().describe('Expected number of people to erase, as a confirmation'),
  })
  .meta({ id: 'SweepOrder', examples: [{ confirm: 212 }] });

export const ClockOrder = z
  .strictObject({
    today: z.iso
      .date('It must be a date such as 2026-11-20.')
      .describe('Current date from another source than the box, such as 2026-11-20'),
  })
  .meta({ id: 'ClockConfirmation', examples: [{ today: '2026-11-20' }] });

export const SweepQuery = z.strictObject(pageQuery(idOf('sweep')));

const count = z.int().min(0);
const counts = {
  due: z
    .strictObject({
      unused: count.describe('Not enrolled or verified during the whole term'),
      'consent-over': count.describe('Consent has expired'),
      'consent-withdrawn': count.describe('Consent was withdrawn'),
    })
    .describe('People past their retention term, by reason'),
  held: count.describe('People past their retention term who are under a legal hold'),
  erased: count.describe('People erased'),
  pending: count.describe('Erasures that wait for a copy of the key store'),
  rows: z
    .record(z.string(), count)
    .describe(
      'Rows older than their term: verifications, events, deliveries, alerts, claims (counts of failures)',
    ),
  auditLines: count.describe('Lines of the audit log deleted'),
  failed: z.string().optional().describe('Reason why it stopped early; the next sweep continues'),
};
const example = {
  due: { unused: 2, 'consent-over': 0, 'consent-withdrawn': 0 },
  held: 0,
  erased: 2,
  pending: 0,
  auditLines: 0,
  rows: { verifications: 40, events: 60, deliveries: 60, alerts: 0, claims: 0 },
};

export const PreviewReply = z
  .strictObject({
    ...counts,
    people: count.describe('Number of people'),
    asks: z.string().optional().describe('Reason why a sweep has to be confirmed'),
  })
  .meta({
    id: 'SweepPreview',
    description: 'Result of a sweep if it ran now.',
    examples: [{ ...example, people: 212 }],
  });

export const SweepReply = z
  .strictObject({
    id: z.string().describe('Id'),
    startedAt: time('Start time'),
    finishedAt: time('End time; absent: interrupted or running').optional(),
    actor,
    report: z.strictObject(counts).describe('Result'),
  })
  .meta({
    id: 'Sweep',
    description: 'A retention sweep of the organization.',
    examples: [
      {
        id: 'swp_01m7w3hb8hbf355he5zqwjztdk',
        startedAt: '2026-11-20T12:00:00.000Z',
        finishedAt: '2026-11-20T12:00:01.000Z',
        actor: 'appliance:retention',
        report: example,
      },
    ],
  });

export const SweepPage = pageReply(SweepReply, 'Sweeps, the newest first', 'SweepPage');

export const WaitingReply = z
  .strictObject({
    clock: z
      .string()
      .optional()
      .describe('Reason for the doubt about the clock; nothing is swept until it is confirmed'),
    sweeps: z
      .array(
        z.strictObject({
          organization: z.string().describe('Id of the organization'),
          due: count.describe('Number of people it would erase'),
          people: count.describe('Total number of people'),
          why: z.string().describe('Reason why it must be confirmed'),
        }),
      )
      .describe('Sweeps that wait for a confirmation'),
  })
  .meta({
    id: 'RetentionWaiting',
    description: 'Confirmations needed before sweeps continue.',
    examples: [{ sweeps: [] }],
  });

export const ClockReply = z.strictObject({ now: time('Time of the clock') }).meta({
  id: 'ClockConfirmed',
  description: 'The confirmed time.',
  examples: [{ now: '2026-11-20T12:00:00.000Z' }],
});

export type SweepReply = z.output<typeof SweepReply>;
