import { z } from 'zod';
import type { Limits, LimitsReport, MonthlyUse } from '../../engine/accounts/index.ts';
import { moment, time } from '../../lib/record-fields.ts';
import { idOf } from './ids.ts';
import { byReaders, ofAppliance } from './may-call.ts';
import { type AdminRoute, route } from './route.ts';

const perMinute = z.int().min(1).max(1_000_000);
/** Null takes the setting back. */
const changed = perMinute.nullable().optional();

const LimitsQuery = z.strictObject({
  key: idOf('key')
    .optional()
    .describe('Limits of this key and its successors instead of those of the organization'),
});

const LimitsChange = z
  .strictObject({
    key: idOf('key')
      .optional()
      .describe('Limits of this key and its successors instead of those of the organization'),
    burst: changed.describe('Requests of one key per minute; null: that of the organization, or the default'),
    perUser: changed.describe('Requests about one person per minute; null: the default'),
    perAddress: changed.describe(
      'Requests of one source address per minute with one browser key, and visits of one published flow; null: that of the organization, or the default',
    ),
    monthly: z
      .int()
      .min(0)
      .max(1_000_000_000_000)
      .nullable()
      .optional()
      .describe('Live verifications and enrollments per month (UTC); null: no limit'),
    trialUntil: moment()
      .refine((at) => at >= 0, 'It must be after 1970.')
      .nullable()
      .optional()
      .describe('End of the trial, ISO 8601: live keys are refused afterwards; null: no end'),
  })
  .meta({ id: 'LimitsChange', examples: [{ monthly: 50_000, burst: 120 }] });

const use = {
  used: z.int().min(0).describe('Requests used in the month'),
  limit: z.int().min(0).optional().describe('Monthly limit; absent: none'),
};

const LimitsReply = z
  .strictObject({
    burst: perMinute.describe('Requests of one key per minute'),
    perUser: perMinute.describe('Requests about one person per minute, set for the organization'),
    perAddress: perMinute.describe(
      'Requests of one source address per minute with one browser key, and visits of one published flow',
    ),
    trialUntil: time('End of the trial: live keys are refused afterwards').optional(),
    month: z.string().describe('The counted month, UTC: `2026-11`'),
    organization: z.strictObject(use).describe('Limits of the organization'),
    visits: z
      .strictObject(use)
      .describe('Visits of published flows in the live world: they never use up the month of named callers'),
    key: z
      .strictObject({
        lineage: z.string().describe('Id of the first key of its lineage, which is counted together'),
        ...use,
      })
      .optional()
      .describe('Limits of the key in the query'),
  })
  .meta({
    id: 'Limits',
    description: 'Limits, and the use of the current month.',
    examples: [
      {
        burst: 600,
        perUser: 10,
        perAddress: 120,
        month: '2026-11',
        organization: { used: 812, limit: 50_000 },
        visits: { used: 37, limit: 50_000 },
      },
    ],
  });

const fromUse = <Use extends MonthlyUse>({ limit, ...rest }: Use) => ({ ...rest, limit: limit ?? undefined });

const fromLimits = ({ trialUntil, month, organization, visits, key, ...rest }: LimitsReport) => ({
  ...rest,
  trialUntil: trialUntil ?? undefined,
  month: new Date(month).toISOString().slice(0, 7),
  organization: fromUse(organization),
  visits: fromUse(visits),
  key: key && fromUse(key),
});

const about = {
  tag: 'limits',
  within: 'organization',
  reply: LimitsReply,
  keyRefusal: 'No API key may see or change limits: on the box run "gatehouse limits".',
} as const;

/** Rate limits of an organization and its keys. Only the operator changes the organization's limits. */
export function limitRoutes({ limits }: { limits: Pick<Limits, 'show' | 'set'> }): AdminRoute[] {
  return [
    route('GET /limits', {
      ...about,
      operationId: 'getLimits',
      effect: 'none',
      summary: 'Show limits',
      description: 'Limits and the use of the current month.',
      may: byReaders,
      query: LimitsQuery,
      refuses: ['NOT_FOUND'],
      handle: async ({ organization, query: { key } }) => fromLimits(await limits.show(organization, key)),
    }),
    route('PATCH /limits', {
      ...about,
      operationId: 'changeLimits',
      effect: 'weakens-protection',
      summary: 'Change limits',
      description: 'Applies from the next request. Fields that are not sent stay unchanged.',
      may: ofAppliance,
      body: LimitsChange,
      refuses: ['NOT_FOUND', 'STORAGE_FULL'],
      handle: async ({ organization, body: { key, ...settings }, who }) =>
        fromLimits(await limits.set(organization, settings, who, key)),
    }),
  ];
}
