import { z } from 'zod';

const perMinute = z.int().min(1).max(1_000_000);

/** The limits of an organization or a key, as stored. Absent: the default; null: no limit. */
export const LimitSettings = z.strictObject({
  /** Requests of one key in any minute. */
  burst: perMinute.optional(),
  /** Requests about one person in any minute; the organization's only. */
  perUser: perMinute.optional(),
  /** Requests of one source address with one browser key, and visits of one published flow, in any minute. */
  perAddress: perMinute.optional(),
  /** Metered requests in a calendar month, UTC. */
  monthly: z.int().min(0).max(1_000_000_000_000).nullable().optional(),
  /** Milliseconds since 1970: the live world is refused from then on. */
  trialUntil: z.int().min(0).nullable().optional(),
});
export type LimitSettings = z.infer<typeof LimitSettings>;

/** Absent: unchanged. Of those by the minute null takes the setting back: the organization's, or the default, counts again. */
export type LimitChange = {
  [Name in keyof LimitSettings]: LimitSettings[Name] | null;
};

export const defaultLimits = { burst: 600, perUser: 10, perAddress: 120 } as const;
