import { z } from 'zod';

const days = (least: number, most: number) => z.int().min(least).max(most);

/** Three years without use is the longest that a face is kept (BIPA, section 15(a)). */
const MOST_UNUSED_DAYS = 1095;

/** What an organization has set of its terms, in days, as it is stored. What is absent is the default. */
export const RetentionSettings = z.strictObject({
  /** A person who was neither enrolled nor verified for so long is erased. */
  unusedDays: days(1, MOST_UNUSED_DAYS).optional(),
  /** How long a consent without an end is valid; absent: until it is withdrawn. */
  consentDays: days(1, 3650).optional(),
  /** Verifications, alerts, and the failures counted against an address. */
  verificationDays: days(1, 3650).optional(),
  /** Events in the outbox, delivered or not. */
  deliveryDays: days(1, 365).optional(),
  /** Lines of the audit log; the log is one for the appliance, so the longest term of all organizations holds. */
  auditDays: days(365, 36_500).optional(),
});
export type RetentionSettings = z.infer<typeof RetentionSettings>;

/** Every term that holds, in days. */
export interface RetentionPolicy {
  unusedDays: number;
  consentDays?: number;
  verificationDays: number;
  deliveryDays: number;
  auditDays: number;
}

const retentionDefaults = {
  unusedDays: MOST_UNUSED_DAYS,
  verificationDays: 365,
  deliveryDays: 90,
  auditDays: 3650,
} as const satisfies RetentionSettings;

/** What is set, and the defaults for the rest. */
export function retentionPolicy({ retention = {} }: { retention?: RetentionSettings }): RetentionPolicy {
  const set = Object.entries(retention).filter(([, term]) => term !== undefined);
  return { ...retentionDefaults, ...Object.fromEntries(set) };
}
