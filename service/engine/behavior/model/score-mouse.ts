import type { SessionData } from '../session-data.ts';
import { type BehaviorModel, FULL_MOVEMENTS, mouseFeatures } from './behavior-model.ts';

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
