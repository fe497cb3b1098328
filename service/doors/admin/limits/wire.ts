import { z } from 'zod';
import { idOf } from '../ids.ts';
import { time } from '../reply-fields.ts';

const perMinute = z.int().min(1).max(1_000_000);

export const LimitsQuery = z.strictObject({
  key: idOf('key')
    .optional()
    .describe('Limits of this key and its successors instead of those of the organization'),
});

export const LimitsChange = z
  .strictObject({
    key: idOf('key')
      .optional()
      .describe('Limits of this key and its successors instead of those of the organization'),
    burst: perMinute.optional().describe('Requests of one key per minute'),
    perUser: perMinute.optional().describe('Requests about one person per minute'),
    perAddress: perMinute
      .optional()
      .describe(
        'Requests of one source address per minute with one browser key, and visits of one published flow',
      ),
    monthly: z
      .int()
      .min(0)
      .max(1_000_000_000_000)
      .nullable()
      .optional()
      .describe('Live verifications and enrollments per month (UTC); null: no limit'),
    trialUntil: z.iso
      .datetime({ offset: true })
      .nullable()
      .optional()
      .describe('End of the trial, ISO 8601: live keys are refused afterwards; null: no end'),
  })
  .meta({ id: 'LimitsChange', examples: [{ monthly: 50_000, burst: 120 }] });

const use = {
  used: z.int().min(0).describe('Requests used in the month'),
  limit: z.int().min(0).optional().describe('Monthly limit; absent: none'),
};

export const LimitsReply = z
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

export type LimitsChange = z.output<typeof LimitsChange>;
export type LimitsReply = z.output<typeof LimitsReply>;
