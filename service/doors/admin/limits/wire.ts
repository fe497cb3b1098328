import { z } from 'zod';
import { idOf } from '../ids.ts';
import { time } from '../reply-fields.ts';

const perMinute = z.int().min(1).max(1_000_000);

export const LimitsQuery = z.strictObject({
  key: idOf('key').optional().describe('Of this key and its successors, instead of the organization'),
});

export const LimitsChange = z
  .strictObject({
    key: idOf('key').optional().describe('Of this key and its successors, instead of the organization'),
    burst: perMinute.optional().describe('Requests of one key in any minute'),
    perUser: perMinute.optional().describe('Requests about one person in any minute'),
    monthly: z
      .int()
      .min(0)
      .max(1_000_000_000_000)
      .nullable()
      .optional()
      .describe('Live verifications and enrollments in a month (UTC); null: any number'),
    trialUntil: z.iso
      .datetime({ offset: true })
      .nullable()
      .optional()
      .describe('Live keys are refused from then on, ISO 8601; null: no end'),
  })
  .meta({ id: 'LimitsChange', examples: [{ monthly: 50_000, burst: 120 }] });

const use = {
  used: z.int().min(0).describe('Used of the month'),
  limit: z.int().min(0).optional().describe('Of how many; absent: any number'),
};

export const LimitsReply = z
  .strictObject({
    burst: perMinute.describe('Requests of one key in any minute'),
    perUser: perMinute.describe('Requests about one person in any minute; of the organization'),
    trialUntil: time('Live keys are refused from then on').optional(),
    month: z.string().describe('The month that is counted, in UTC: `2026-11`'),
    organization: z.strictObject(use).describe('Of the organization'),
    key: z
      .strictObject({
        lineage: z.string().describe('Id of the first key of those that count together'),
        ...use,
      })
      .optional()
      .describe('Of the key that was named'),
  })
  .meta({
    id: 'Limits',
    description: 'How much may be asked, and what of the month is used.',
    examples: [{ burst: 600, perUser: 10, month: '2026-11', organization: { used: 812, limit: 50_000 } }],
  });

export type LimitsChange = z.output<typeof LimitsChange>;
export type LimitsReply = z.output<typeof LimitsReply>;
