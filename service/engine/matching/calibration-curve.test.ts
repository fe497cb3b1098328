import { expect, test } from 'vitest';
import { measuredByGroups, scorerR } from '../../../test/support/engine.ts';
import { calibrationCurves, wilson } from './calibration-curve.ts';
import { forEveryGroup } from './every-group.ts';

test('intervals are those of Wilson, and of no pairs found they end above zero', () => {
  // R: binom::binom.wilson(10, 100) and (0, 1000).
  expect(wilson(0.1, 100)).toEqual([expect.closeTo(0.05523, 4), expect.closeTo(0.17437, 4)]);
  expect(wilson(0, 1000)).toEqual([0, expect.closeTo(0.003826, 5)]);
});

test('a shift raises every threshold and what it costs; beyond what was measured is said', () => {
  const [plain] = calibrationCurves(scorerR, 0);
  const [raised] = calibrationCurves(scorerR, 0.05);
  const at = (curve: typeof plain, fmr: number) => curve!.steps.find((step) => step.fmr === fmr)!;
  expect(at(plain, 1e-3)).toEqual({ fmr: 1e-3, threshold: 0.7, fnmr: 0.05, extrapolated: false });
  expect(at(raised, 1e-3)).toEqual({
    fmr: 1e-3,
    threshold: expect.closeTo(0.75, 9),
    fnmr: expect.closeTo(0.1, 9),
    extrapolated: false,
  });
  expect(plain!.steps.filter(({ extrapolated }) => extrapolated).map(({ fmr }) => fmr)).toEqual([
    ...[5e-6, 2e-6, 1e-6, 5e-7, 2e-7, 1e-7].map((rate) => expect.closeTo(rate, 12)),
  ]);
});

test('for every group the false matches, their intervals and the end of what was measured are those of the worst group', () => {
  const [average] = calibrationCurves(measuredByGroups(scorerR), 0);
  const [everyGroup] = calibrationCurves(forEveryGroup(measuredByGroups(scorerR)), 0);
  const at = (curve: typeof average) => curve!.points.find(({ score }) => score === 0.8)!.falseMatch;
  expect(at(everyGroup)).toEqual({ rate: 5e-4, interval: [2.5e-4, 5e-4] });
  expect(at(average)).toEqual({ rate: 1e-4, interval: wilson(1e-4, 1) });
  expect([average!.measuredDownTo, everyGroup!.measuredDownTo]).toEqual([1e-5, 5e-5]);
});
