import { z } from 'zod';

/** What the control API reads about limits. Times are ISO 8601. */

const moment = z.iso.datetime({ offset: true });
const perMinute = z.int().min(1).max(1_000_000);

export const LimitsQuery = z.strictObject({ key: z.string().max(64).optional() });
export const LimitsChange = z.strictObject({
  key: z.string().max(64).optional().describe('of this key and its successors, instead of the organization'),
  burst: perMinute.optional().describe('requests of one key in any minute'),
  perUser: perMinute.optional().describe('requests about one person in any minute'),
  monthly: z.int().min(0).max(1_000_000_000_000).nullable().optional().describe('null: no limit'),
  trialUntil: moment.nullable().optional().describe('null: no end'),
});

export const Unlock = z.strictObject({
  world: z.enum(['live', 'test']),
  person: z.string().min(1).max(254).describe('id, or the address that was claimed'),
});
