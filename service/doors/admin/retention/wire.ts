import { z } from 'zod';
import { RetentionSettings } from '../../../engine/organizations/index.ts';
import { pageQuery, pageReply } from '../../../http/cursor.ts';
import { idOf } from '../ids.ts';
import { actor, time } from '../reply-fields.ts';

const { unusedDays, consentDays, verificationDays, deliveryDays, auditDays } = RetentionSettings.shape;
const what = {
  unusedDays: 'Days after which a person is erased who was neither enrolled nor verified',
  consentDays: 'Days that a consent lasts which names no end',
  verificationDays: 'Days that verifications, alerts and failures counted against an address are kept',
  deliveryDays: 'Days that events and the log of deliveries are kept',
  auditDays: 'Days that lines of the audit log are kept; the longest of all organizations holds',
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
    description: 'Terms in days; null: the default again.',
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
      .describe('Terms that hold'),
    set: z
      .strictObject({
        unusedDays: days.optional().describe(what.unusedDays),
        consentDays: days.optional().describe(what.consentDays),
        verificationDays: days.optional().describe(what.verificationDays),
        deliveryDays: days.optional().describe(what.deliveryDays),
        auditDays: days.optional().describe(what.auditDays),
      })
      .describe('Those that are set; the others are defaults'),
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
    confirm: z
      .int()
      .min(0)
      .optional()
      .describe('How many people it is expected to erase; without it nothing is swept'),
  })
  .meta({ id: 'SweepOrder', examples: [{ confirm: 212 }] });

export const ClockOrder = z
  .strictObject({
    today: z.iso
      .date('It must be a date such as 2026-11-20.')
      .describe('Date on the watch of the operator, such as 2026-11-20'),
  })
  .meta({ id: 'ClockConfirmation', examples: [{ today: '2026-11-20' }] });

export const SweepQuery = z.strictObject(pageQuery(idOf('sweep')));

const count = z.int().min(0);
const counts = {
  due: z
    .strictObject({
      unused: count.describe('Not used for the whole term'),
      'consent-over': count.describe('Consent has run out'),
      'consent-withdrawn': count.describe('Consent was withdrawn'),
    })
    .describe('People whose term is over, by reason'),
  held: count.describe('People whose term is over and whom a legal hold keeps'),
  erased: count.describe('People erased'),
  pending: count.describe('Of these, those that wait for a copy of the key store'),
  rows: z
    .record(z.string(), count)
    .describe(
      'Rows older than their term: verifications, events, deliveries, alerts, claims (counts of failures)',
    ),
  auditLines: count.describe('Lines of the audit log deleted'),
  failed: z.string().optional().describe('Why it stopped before its end; the next sweep goes on'),
};
const example = {
  due: { unused: 2, 'consent-over': 0, 'consent-withdrawn': 0 },
  ...{ held: 0, erased: 2, pending: 0, auditLines: 0 },
  rows: { verifications: 40, events: 60, deliveries: 60, alerts: 0, claims: 0 },
};

export const PreviewReply = z
  .strictObject({
    ...counts,
    people: count.describe('People there are'),
    asks: z.string().optional().describe('Why a sweep would have to be confirmed'),
  })
  .meta({
    id: 'SweepPreview',
    description: 'What a sweep would do now.',
    examples: [{ ...example, people: 212 }],
  });

export const SweepReply = z
  .strictObject({
    id: z.string().describe('Id'),
    startedAt: time('When it began'),
    finishedAt: time('When it ended; absent: it was interrupted, or is running').optional(),
    actor,
    report: z.strictObject(counts).describe('What it did'),
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
      .describe('Why the clock is in doubt; nothing is swept until it is confirmed'),
    sweeps: z
      .array(
        z.strictObject({
          organization: z.string().describe('Id of the organization'),
          due: count.describe('People it would erase'),
          people: count.describe('Of so many'),
          why: z.string().describe('Why it must be confirmed'),
        }),
      )
      .describe('Sweeps that changed nothing, because they must be confirmed'),
  })
  .meta({
    id: 'RetentionWaiting',
    description: 'What waits for the operator before sweeps go on.',
    examples: [{ sweeps: [] }],
  });

export const ClockReply = z.strictObject({ now: time('Time of the clock') }).meta({
  id: 'ClockConfirmed',
  description: 'The clock that was confirmed.',
  examples: [{ now: '2026-11-20T12:00:00.000Z' }],
});

export type SweepReply = z.output<typeof SweepReply>;
