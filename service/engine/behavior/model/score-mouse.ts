import type { SessionData } from '../session-data.ts';
import { type BehaviorModel, mouseFeatures } from './behavior-model.ts';

/** Bound of what movements count for. */
const MOST = 3;
const FULL_MOVEMENTS = 8;
const FULL_ACTIVITY_MS = 10_000;

/** z, and its weight in the score: less for few movements and short activity. Undefined without a movement. */
export function scoreMouse(
  { mouse, glob, winMs }: SessionData,
  model: BehaviorModel,
  z0 = model.z0,
): { z: number; logOdds: number } | undefined {
  if (mouse.n === 0) return undefined;
  const z = sumOfStumps(mouse, model);
  const shrunk = Math.min(1, mouse.n / FULL_MOVEMENTS) * Math.min(1, (glob.act * winMs) / FULL_ACTIVITY_MS);
  const calibrated = Math.max(-MOST, Math.min(MOST, model.slope * (z - z0)));
  return { z, logOdds: calibrated * shrunk };
}

type MouseShape = Pick<SessionData['mouse'], (typeof mouseFeatures)[number]>;

function sumOfStumps(mouse: MouseShape, { medians, bias, stumps }: BehaviorModel): number {
  const inputs = inputsOf(mouse, medians);
  let z = bias;
  for (const [input, threshold, low, high] of stumps) z += inputs[input]! <= threshold ? low : high;
  return z;
}

const inputsOf = (mouse: MouseShape, medians: readonly number[]): number[] =>
  mouseFeatures.map((name, i) => mouse[name] ?? medians[i] ?? 0);
