import type { Schemas } from '../../../sdk/admin/client.ts';

export type Calibration = Schemas['GalleryCalibration'];

const percent = (share: number) => `${Number((100 * share).toPrecision(2))} %`;

/** One gallery under one scorer, in a sentence. */
export function describeCalibration(one: Calibration): string {
  const { shift, share, rate, compared, pairs, measuredAt, outdated } = one;
  if (pairs === 0) return `not measured: ${compared} people have what this scorer needs, 30 are needed`;
  const found = `${percent(share)} of pairs of different people reach the threshold that ${percent(rate)} should (${compared} people, ${measuredAt.slice(0, 10)})`;
  if (outdated) return `measured with other models and not applied; ${found}`;
  return shift === 0
    ? `follows the calibration: ${found}`
    : `thresholds are raised by ${shift.toFixed(3)}: ${found}`;
}
