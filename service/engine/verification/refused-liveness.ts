import { applyRule, type CheckResult, type Rule } from '../matching/index.ts';

/** The failed liveness check of a picture on which no model was run. */
export const refusedLiveness = (rule: Rule, reason: string): CheckResult => ({
  ...applyRule('liveness', rule, { score: 0, reason }),
  pass: false,
  reason,
});

/** Of the test person that no liveness check accepts. */
export const NOT_LIVING = 'The picture looks like a photograph or a screen.';
