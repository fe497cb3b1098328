import { z } from 'zod';

/** The settings of one check in a profile. */
export const Rule = z.strictObject({
  enabled: z.boolean().describe('Whether the check runs.'),
  weight: z.number().min(0).max(10).describe('Its weight in the composite.'),
  threshold: z.number().min(0).max(1).describe('Smallest score with which the check passes, 0..1.'),
  hardFail: z.boolean().describe('A failure refuses the whole verification (422).'),
  whenMissing: z
    .enum(['skip', 'fail'])
    .optional()
    .describe("Without its input the check is skipped ('skip') or fails ('fail')."),
});
export type Rule = z.infer<typeof Rule>;

/** A rule of a check that runs. */
export const rule = (weight: number, threshold: number, hardFail = false): Rule => ({
  enabled: true,
  weight,
  threshold,
  hardFail,
});
