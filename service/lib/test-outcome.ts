/** How a check of a test person ends, always in the same way; in the test world alone (engine/matching/test-people). */
export const testOutcomes = [
  'verified',
  'not-matched',
  'refused-by-liveness',
  'two-faces',
  'review',
  'duplicate',
  'expired',
] as const;
export type TestOutcome = (typeof testOutcomes)[number];
