import { expect, test } from 'vitest';
import { measuredByGroups, scorerR } from '../../../test/support/engine.ts';
import { logFalseMatchRateOf, thresholdForFalseMatchRate } from './error-rate.ts';
import { heldBy, heldRate, holdingFor } from './every-group.ts';

const present = measuredByGroups(scorerR);
const { table, measuredDownTo } = scorerR.calibration;
const several = [{ pictures: 2, genuine: 1, impostors: 1, table, measuredDownTo }];
const former = measuredByGroups({
  ...scorerR,
  id: 'a',
  supersededBy: 'r',
  calibration: {
    ...scorerR.calibration,
    several: several.map((one) => ({ ...one, worstMeasuredDownTo: 5e-5 })),
  },
});
const thresholdAt = (calibration: typeof scorerR.calibration, rate: number) =>
  thresholdForFalseMatchRate(calibration, rate).threshold;

test('where every group is asked for, a superseded scorer holds a tenth on average by each of its tables', () => {
  const [one, other] = holdingFor([former, present], 'every-group', 'best');
  expect([one, other].map((scorer) => heldBy(scorer!))).toEqual(['average', 'every-group']);
  expect([one, other].map((scorer) => heldRate(scorer!, 1e-3))).toEqual([1e-4, 1e-3]);
  for (const calibration of [one!.calibration, { ...one!.calibration, ...one!.calibration.several![0]! }]) {
    for (const rate of [1e-2, 1e-3, 1e-4, 1e-5]) {
      const threshold = thresholdAt(calibration, rate);
      expect(threshold).toBeCloseTo(thresholdAt(scorerR.calibration, rate / 10), 9);
      // The scale on which scorers compare is that of the rate asked for.
      expect(logFalseMatchRateOf(calibration, threshold)).toBeCloseTo(Math.log10(rate), 9);
    }
    const extrapolated = (rate: number) => thresholdForFalseMatchRate(calibration, rate).extrapolated;
    expect([extrapolated(1e-4), extrapolated(0.9e-4)]).toEqual([false, true]);
  }
});

test('a superseded scorer that was chosen, and one of a profile for the average, hold the rate that is stated', () => {
  const [chosen] = holdingFor([former], 'every-group', 'a');
  expect([heldBy(chosen!), heldRate(chosen!, 1e-3)]).toEqual(['every-group', 1e-3]);
  expect(holdingFor([former, present], 'average', 'best')).toEqual([former, present]);
});

test('the scorers of a rate are the same objects each time', () => {
  const [one, other] = [1, 2].map(() => holdingFor([former, present], 'every-group', 'best'));
  expect(one!.every((scorer, i) => scorer === other![i])).toBe(true);
});
