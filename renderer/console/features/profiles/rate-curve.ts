import type { LinePoint } from '../../../ui/charts/index.ts';
import type { Schemas } from '../../data.ts';
import { wilsonInterval } from '../../wilson.ts';

export type Curve = Omit<Schemas['ProfileCalibration']['curves'][number], 'points'>;
export type Calibration = Omit<Schemas['ProfileCalibration'], 'curves'> & { curves: readonly Curve[] };
export type Step = Curve['steps'][number];

/** "1 in …" where the slider stops: 100, 200, 500 up to 10,000,000. */
export const stops: readonly number[] = [100, 1000, 10_000, 100_000, 1_000_000].flatMap((decade) => [
  decade,
  2 * decade,
  5 * decade,
]);
export const LEAST = 100;
export const MOST = 10_000_000;

const isNear = (a: number, b: number) => Math.abs(a / b - 1) < 1e-6;

/** What a rate takes and costs; undefined where the curve has no step at it. */
export const stepAt = ({ steps }: Curve, rate: number): Step | undefined =>
  steps.find(({ fmr }) => isNear(fmr, rate));

/** The 95 % interval of what a step refuses, as if pairs were independent; of none that is extrapolated. */
export function intervalOf({ genuine }: Curve, { fnmr, extrapolated }: Step) {
  return extrapolated ? undefined : wilsonInterval(fnmr * genuine, genuine);
}

/** The steps of a curve for the chart; whiskers at whole powers of ten. */
export const pointsOf = (curve: Curve): LinePoint[] =>
  curve.steps.map((step) => {
    const decade = Math.log10(step.fmr);
    const interval = isNear(decade, Math.round(decade)) ? intervalOf(curve, step) : undefined;
    return { x: step.fmr, y: step.fnmr, ...interval };
  });
