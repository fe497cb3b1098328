import { z } from 'zod';
import type { SessionData } from '../session-data.ts';
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

/** Bound of what movements count for. */
const MOST = 3;
const FULL_ACTIVITY_MS = 10_000;
/** Of a shrunk figure, less than this is a coin toss between 0.49 and 0.51. */
const COIN_TOSS = 0.2;

export interface MouseScore {
  z: number;
  /** What the window alone counts for. */
  logOdds: number;
  /** How much likelier a person than a program makes it, in log-odds: what several windows add up to. */
  ratio: number;
}

/** z, and its weight in the score: less for few movements and short activity. Undefined without a movement. */
export function scoreMouse(
  { mouse, glob, winMs }: SessionData,
  model: BehaviorModel,
): MouseScore | undefined {
  if (mouse.n === 0) return undefined;
  const z = sumOfStumps(mouse, model);
  const shrunk = Math.min(1, mouse.n / FULL_MOVEMENTS) * Math.min(1, (glob.act * winMs) / FULL_ACTIVITY_MS);
  const above = z - zeroOf(mouse.n, model);
  // What an older script, or a caller, leaves out does not speak for a person.
  const complete = model.features.every((name) => mouse[name] !== undefined);
  const { slope, even } = model.full ?? model;
  const beyondEven = Math.max(0, (model.full ? z - model.z0 : above) - even);
  const calibrated = above < 0 ? model.slope * above : complete ? slope * beyondEven : 0;
  const logOdds = bounded(calibrated) * shrunk;
  const ratio = bounded(model.slope * (above - model.even)) * shrunk;
  return {
    z,
    logOdds: shrunk < 1 && Math.abs(logOdds) < COIN_TOSS ? 0 : logOdds,
    ratio: complete ? ratio : Math.min(0, ratio),
  };
}

const bounded = (value: number): number => Math.max(-MOST, Math.min(MOST, value));

/** Another zero than the model's moves those of thinner windows by the same. */
export function zeroOf(
  movements: number,
  model: Pick<BehaviorModel, 'z0' | 'thinZeros'>,
  z0 = model.z0,
): number {
  const thin = movements < FULL_MOVEMENTS ? model.thinZeros[movements - 1] : undefined;
  return thin === undefined ? z0 : thin + z0 - model.z0;
}

export type MouseShape = Pick<SessionData['mouse'], (typeof mouseFeatures)[number]>;

export function sumOfStumps(
  mouse: MouseShape,
  { medians, bias, stumps }: Pick<BehaviorModel, 'medians' | 'bias' | 'stumps'>,
): number {
  const inputs = inputsOf(mouse, medians);
  let z = bias;
  for (const [input, threshold, low, high] of stumps) z += inputs[input]! <= threshold ? low : high;
  return z;
}

export const inputsOf = (mouse: MouseShape, medians: readonly number[]): number[] =>
  medians.map((median, i) => mouse[mouseFeatures[i]!] ?? median);
