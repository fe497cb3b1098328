import { z } from 'zod';
import {
  type Organization,
  type Organizations,
  RetentionSettings,
  retentionPolicy,
} from '../../engine/accounts/index.ts';
import { exampleOfSweep, type Retention, Sweep, SweepReport } from '../../engine/people/index.ts';
import { Problem } from '../../lib/problem.ts';
import { time } from '../../lib/record-fields.ts';
import { idOf } from './ids.ts';
import { listRoute } from './lists.ts';
import { byManagers, byReaders, ofAppliance } from './may-call.ts';
import { namesSome } from './request-fields.ts';
import { type AdminRoute, route } from './route.ts';

const { unusedDays, consentDays, verificationDays, deliveryDays, auditDays } = RetentionSettings.shape;
const what = {
  unusedDays: 'Days without enrollment or verification after which a person is erased',
  consentDays: 'Days that a consent without an end is valid',
  verificationDays: 'Days that verifications, alerts and counts of failures are kept',
  deliveryDays: 'Days that events and the log of deliveries are kept',
  auditDays: 'Days that lines of the audit log are kept; the longest term of all organizations applies',
};

/** As it is stored, with null for the default again. */
const RetentionChange = z
  .strictObject({
    unusedDays: unusedDays.nullable().describe(what.unusedDays),
    consentDays: consentDays.nullable().describe(what.consentDays),
    verificationDays: verificationDays.nullable().describe(what.verificationDays),
    deliveryDays: deliveryDays.nullable().describe(what.deliveryDays),
    auditDays: auditDays.nullable().describe(what.auditDays),
  })
  .refine(namesSome, 'Name at least one term.')
  .meta({
    id: 'RetentionChange',
    description: 'Terms in days; null: the default.',
    examples: [{ unusedDays: 365 }],
  });

const days = z.int().min(1);

const RetentionReply = z
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

const SweepRequest = z
  .strictObject({
    confirm: z.int().min(0).optional().describe('Expected number of people to erase, as a confirmation'),
  })
  .meta({ id: 'SweepOrder', examples: [{ confirm: 212 }] });

const ClockRequest = z
  .strictObject({
    today: z.iso
      .date('It must be a date such as 2026-11-20.')
      .describe('Current date from another source than the box, such as 2026-11-20'),
  })
  .meta({ id: 'ClockConfirmation', examples: [{ today: '2026-11-20' }] });

const PreviewReply = z
  .object({
    ...SweepReport.shape,
    people: z.int().min(0).describe('Number of people'),
    asks: z.string().optional().describe('Reason why a sweep has to be confirmed'),
  })
  .meta({
    id: 'SweepPreview',
    description: 'Result of a sweep if it ran now.',
    examples: [{ ...exampleOfSweep, people: 212 }],
  });

const WaitingReply = z
  .strictObject({
    clock: z
      .string()
      .optional()
      .describe('Reason for the doubt about the clock; nothing is swept until it is confirmed'),
    sweeps: z
      .array(
        z.strictObject({
          organization: z.string().describe('Id of the organization'),
          due: z.int().min(0).describe('Number of people it would erase'),
          people: z.int().min(0).describe('Total number of people'),
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

const ClockReply = z.object({ now: time('Time of the clock') }).meta({
  id: 'ClockConfirmed',
  description: 'The confirmed time.',
  examples: [{ now: '2026-11-20T12:00:00.000Z' }],
});

export interface RetentionRouteDeps {
  organizations: Pick<Organizations, 'get' | 'setRetention'>;
  retention: Pick<Retention, 'preview' | 'sweep' | 'sweeps' | 'waiting' | 'confirmClock'>;
}

const ofOne = {
  tag: 'retention',
  within: 'organization',
  keyRefusal: 'No API key may see or change terms of retention: on the box run "gatehouse retention".',
} as const;
const ofBox = {
  tag: 'retention',
  within: 'appliance',
  may: ofAppliance,
} as const;

const fromTerms = (organization: Pick<Organization, 'retention'>) => ({
  terms: retentionPolicy(organization),
  set: organization.retention ?? {},
});

/** A call that says nothing of what it would destroy destroys nothing. */
function unconfirmed({ due, rows, asks }: SweepReport & { asks?: string }): Problem {
  const people = Object.values(due).reduce((sum, count) => sum + count, 0);
  return new Problem(
    'CONFIRMATION_REQUIRED',
    `Nothing was swept. ${asks === undefined ? '' : `${asks} `}A sweep now would erase people: ${people}, verifications: ${rows.verifications}, events: ${rows.events}. Look at “gatehouse retention sweep --dry-run”, then confirm with the number of people: “gatehouse retention sweep --confirm ${people}”.`,
  );
}

/** Terms, and the sweeps that keep them. */
export const retentionRoutes = ({ organizations, retention }: RetentionRouteDeps): AdminRoute[] => [
  route('GET /retention', {
    ...ofOne,
    operationId: 'getRetention',
    effect: 'none',
    summary: 'Show the retention terms',
    description: 'How long data of the organization is kept.',
    may: byReaders,
    reply: RetentionReply,
    refuses: ['NOT_FOUND'],
    handle: async ({ organization }) => fromTerms(await organizations.get(organization)),
  }),
  route('PATCH /retention', {
    ...ofOne,
    operationId: 'changeRetention',
    effect: 'destroys',
    summary: 'Change the retention terms',
    description: 'Shorter terms take effect at the next sweep.',
    may: byManagers,
    body: RetentionChange,
    reply: RetentionReply,
    refuses: ['NOT_FOUND', 'STORAGE_FULL'],
    handle: async ({ organization, body, who }) =>
      fromTerms(await organizations.setRetention(organization, body, who)),
  }),
  route('GET /retention/preview', {
    ...ofOne,
    operationId: 'previewSweep',
    effect: 'none',
    summary: 'Preview a sweep',
    description: 'Changes nothing.',
    may: byReaders,
    lasting: 'followed',
    reply: PreviewReply,
    refuses: ['NOT_FOUND'],
    handle: ({ organization }) => retention.preview(organization),
  }),
  listRoute({
    ...ofOne,
    url: '/retention/sweeps',
    operationId: 'listSweeps',
    effect: 'none',
    summary: 'List sweeps',
    description: 'Past sweeps and their results.',
    may: byReaders,
    refuses: ['NOT_FOUND'],
    item: Sweep,
    items: 'Sweeps, the newest first',
    page: 'SweepPage',
    key: idOf('sweep'),
    rows: ({ organization }, part) => retention.sweeps(organization, part),
  }),
  route('POST /retention/sweeps', {
    ...ofOne,
    operationId: 'sweep',
    effect: 'destroys',
    approval: 'retention.sweep',
    summary: 'Sweep now',
    description: 'Erases people and deletes data past their retention term. People under a legal hold stay.',
    may: byManagers,
    lasting: 'followed',
    body: SweepRequest,
    status: 201,
    reply: Sweep,
    refuses: ['NOT_FOUND', 'CONFIRMATION_REQUIRED', 'CONFLICT', 'STORAGE_FULL'],
    async handle({ organization, body: { confirm }, who, request }) {
      if (confirm === undefined) throw unconfirmed(await retention.preview(organization));
      return retention.sweep(organization, { actor: who, request, confirm });
    },
  }),
  route('GET /retention/waiting', {
    ...ofBox,
    operationId: 'getWaitingSweeps',
    effect: 'none',
    summary: 'Show what needs confirmation',
    description: 'Sweeps that must be confirmed, and doubts about the clock.',
    reply: WaitingReply,
    handle: () => retention.waiting(),
  }),
  route('POST /retention/clock', {
    ...ofBox,
    operationId: 'confirmClock',
    effect: 'destroys',
    summary: 'Confirm the clock',
    description: 'Sweeps that stopped because of doubts about the clock continue.',
    body: ClockRequest,
    reply: ClockReply,
    refuses: ['STORAGE_FULL'],
    handle: ({ body: { today }, who, request }) => retention.confirmClock({ today, actor: who, request }),
  }),
];
