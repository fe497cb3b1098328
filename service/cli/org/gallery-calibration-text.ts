import type { GalleryCalibration } from '../../engine/gallery-calibration/index.ts';

export type CalibrationReply = GalleryCalibration;

const percent = (share: number) => `${Number((100 * share).toPrecision(2))} %`;
const day = (at: number) => new Date(at).toISOString().slice(0, 10);

/** One gallery under one scorer, in a sentence. */
export function describeCalibration(one: CalibrationReply): string {
  const { shift, share, rate, compared, pairs, measuredAt, outdated } = one;
  if (pairs === 0) return `not measured: ${compared} people have what this scorer needs, 30 are needed`;
  const found = `${percent(share)} of pairs of different people reach the threshold that ${percent(rate)} should (${compared} people, ${day(measuredAt)})`;
  if (outdated) return `measured with other models and not applied; ${found}`;
  return shift === 0
    ? `follows the calibration: ${found}`
    : `thresholds are raised by ${shift.toFixed(3)}: ${found}`;
}
