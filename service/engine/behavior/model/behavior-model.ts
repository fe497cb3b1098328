import { z } from 'zod';
import research from './research-5.json' with { type: 'json' };

/**
 * Inputs of the learned layer, in this order: shape of movements, resampled. Absolute speed, rest, pauses and anything that follows
 * from the rate of events stay out: they name the recorder, not the person.
 */
export const mouseFeatures = [
  ...(['str', 'strIqr', 'dev', 'vcv', 'tpk', 'tpkIqr', 'sub', 'ldj', 'ldjIqr'] as const),
  ...(['turn', 'turnSd', 'flip', 'pl', 'fitts', 'vBeg', 'vEnd', 'vSd', 'durSd'] as const),
  ...(['strSd', 'strLo', 'lenStr', 'vcvLo', 'vcvHi', 'tpkLo', 'vBegLo', 'turnHi', 'top'] as const),
  ...(['slow', 'slowHi', 'plRest', 'angSd', 'side', 'overSd', 'tSp', 'tSpSd', 'tSkHi'] as const),
  ...(['q1Sd', 'rip', 'ripSh', 'cubLo', 'qui', 'quiLo', 'fitHi', 'fitSm', 'fitts2'] as const),
] as const;
/** Inputs of weights that were trained before the others were measured. */
const FEWEST_FEATURES = 18;

const finite = z.number().min(-1e6).max(1e6);

/** Movements from which on a window counts in full. */
export const FULL_MOVEMENTS = 8;

/** Boosted stumps: weights as data. Their sum is z; above zero a window looks like a person's. */
export const BehaviorModel = z.strictObject({
  format: z.literal(1).describe('Version of this format'),
  id: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{2,63}$/)
    .describe('Id of the weights'),
  features: z
    .array(z.enum(mouseFeatures))
    .min(FEWEST_FEATURES)
    .max(mouseFeatures.length)
    .refine((names) => names.every((name, i) => name === mouseFeatures[i]), {
      error: 'The inputs of a model are the features in their order.',
    })
    .describe('Inputs: figures of `sessionData.mouse` in their order, 18 of older weights'),
  medians: z
    .array(finite)
    .min(FEWEST_FEATURES)
    .max(mouseFeatures.length)
    .describe('In place of what was not measured, one for each input'),
  bias: finite.describe('Start of the sum'),
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
    .max(1_000)
    .describe('Rows of input, threshold, what is added at or below it, what is added above it'),
  z0: finite.describe(
    'Zero: the 1 % quantile of z of people’s windows with at least eight movements, placed for people who come later; the lowest of all sets of people',
  ),
  thinZeros: z
    .array(finite)
    .length(FULL_MOVEMENTS - 1)
    .describe('The same with one to seven movements, whose z varies more'),
  slope: z
    .number()
    .gt(0)
    .max(100)
    .describe('From z to log-odds, fitted on programs that the scoring model had not seen'),
  even: z
    .number()
    .min(0)
    .max(100)
    .describe('Above zero by less than this, programs are as likely as people: it counts for nothing'),
  full: z
    .strictObject({
      slope: z.number().gt(0).max(100).describe('From z beyond `even` to log-odds'),
      even: z.number().min(0).max(100).describe('Above `z0` by less than this counts for nothing'),
    })
    .optional()
    .describe(
      'What speaks for a person, fitted on windows with at least eight movements. Without it `slope` and `even` apply, which are fitted on windows of every length',
    ),
  trained: z
    .strictObject({
      at: z.iso.date().describe('Day of the training'),
      on: z.array(z.string().max(200)).max(50).describe('Data sets'),
      humanWindows: z.int().min(0).describe('Windows of people'),
      people: z.int().min(0).describe('People, or sessions of which no more is known'),
      botWindows: z.int().min(0).describe('Windows of programs'),
      generators: z.array(z.string().max(100)).max(100).describe('What made the movements of the programs'),
      doubt: z.string().max(1_000).optional().describe('Why its licence may not cover your use'),
    })
    .describe('What the weights were trained on'),
});
export type BehaviorModel = z.output<typeof BehaviorModel>;

/** Written by `npm run behavior:train`; docs/BEHAVIOR.md says on what it was trained, and why it is off. */
export const researchModel: BehaviorModel = BehaviorModel.parse(research);
