import { z } from 'zod';

/**
 * Inputs of the learned layer, in this order: shape of movements, resampled. Absolute speed, rest, pauses and anything that follows
 * from the rate of events stay out: they name the recorder, not the person.
 */
export const mouseFeatures = [
  ...(['str', 'strIqr', 'dev', 'vcv', 'tpk', 'tpkIqr', 'sub', 'ldj', 'ldjIqr'] as const),
  ...(['turn', 'turnSd', 'flip', 'pl', 'fitts', 'vBeg', 'vEnd', 'vSd', 'durSd'] as const),
] as const;

const finite = z.number().min(-1e6).max(1e6);

/** Movements from which on a window counts in full. */
export const FULL_MOVEMENTS = 8;

/** Boosted stumps: weights as data. Their sum is z; above zero a window looks like a person's. */
export const BehaviorModel = z.strictObject({
  format: z.literal(1),
  id: z.string().regex(/^[a-z0-9][a-z0-9-]{2,63}$/),
  features: z
    .array(z.enum(mouseFeatures))
    .length(mouseFeatures.length)
    .refine((names) => names.every((name, i) => name === mouseFeatures[i]), {
      error: 'The inputs of a model are the 18 features in their order.',
    }),
  /** In place of what was not measured. */
  medians: z.array(finite).length(mouseFeatures.length),
  bias: finite,
  /** [input, threshold, value at or below it, value above it] */
  stumps: z
    .array(
      z.tuple([
        z
          .int()
          .min(0)
          .max(mouseFeatures.length - 1),
        finite,
        finite,
        finite,
      ]),
    )
    .min(1)
    .max(1_000),
  /** Zero: the 1 % quantile of z of people's windows with at least eight movements … */
  z0: finite,
  /** … and with one to seven of them, whose z varies more. */
  thinZeros: z.array(finite).length(FULL_MOVEMENTS - 1),
  /** Slope from z to log-odds (Platt), fitted on programs that the scoring model had never seen. */
  slope: z.number().gt(0).max(100),
  /** Above zero by less than this, programs are as likely as people: it counts for nothing. */
  even: z.number().min(0).max(100),
  trained: z.strictObject({
    at: z.iso.date(),
    on: z.array(z.string().max(200)).max(50),
    humanWindows: z.int().min(0),
    people: z.int().min(0),
    botWindows: z.int().min(0),
    generators: z.array(z.string().max(100)).max(100),
    /** Why a licence may not cover the use; an administrator has to accept it. */
    doubt: z.string().max(1_000).optional(),
  }),
});
export type BehaviorModel = z.output<typeof BehaviorModel>;
