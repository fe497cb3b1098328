import { expect, test } from 'vitest';
import { calibrationOf } from './calibration.ts';

const said = (confidence: number, people: number, programs: number) => [
  ...Array.from({ length: people }, () => ({ confidence, human: true, weight: 1 / 40 })),
  ...Array.from({ length: programs }, () => ({ confidence, human: false, weight: 1 / 40 })),
];

test('confidence that means what it says has no error; its Brier score is what chance leaves', () => {
  const { deciles, brier, error, bias } = calibrationOf('honest', [...said(0.8, 16, 4), ...said(0.2, 4, 16)]);
  expect(deciles.map(({ from, people, programs }) => [from, people, programs])).toEqual([
    [0.2, 4, 16],
    [0.8, 16, 4],
  ]);
  expect(error).toBeCloseTo(0);
  expect(bias).toBeCloseTo(0);
  expect(brier).toBeCloseTo(0.16);
});

test('confidence that is too sure, or too low, is seen', () => {
  const { error, bias } = calibrationOf('timid', said(0.65, 40, 0));
  expect(error).toBeCloseTo(0.35);
  expect(bias).toBeCloseTo(-0.35);
  expect(calibrationOf('bold', said(0.98, 20, 20)).bias).toBeCloseTo(0.48);
});
