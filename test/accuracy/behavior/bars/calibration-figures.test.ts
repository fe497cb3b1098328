import { expect, test } from 'vitest';
import { calibrationOf, type Said } from './calibration-figures.ts';

const said = (confidence: number, people: number, programs: number): Said[] => [
  ...Array.from({ length: people }, (_, i) => ({
    confidence,
    human: true,
    weight: 1 / 40,
    author: `person-${i}`,
  })),
  ...Array.from({ length: programs }, (_, i) => ({
    confidence,
    human: false,
    weight: 1 / 40,
    author: `session-${i}`,
  })),
];

test('confidence that means what it says has no error; its Brier score is what chance leaves', () => {
  const { steps, brier, error, bias } = calibrationOf('honest', [...said(0.8, 16, 4), ...said(0.2, 4, 16)]);
  expect(steps.map(({ from, people, programs }) => [from, people, programs])).toEqual([
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

test('what is said under 0.5 in favour of people stands apart, and intervals are of people and sessions', () => {
  const list = [...said(0.4, 0, 20), ...said(0.9, 18, 2)];
  const { error, errorInterval, spared, steps } = calibrationOf('sparing', list);
  expect(error).toBeCloseTo(0.2);
  expect(spared).toBeCloseTo(0.2);
  expect(errorInterval[0]).toBeGreaterThan(0.1);
  expect(errorInterval[1]).toBeLessThan(0.4);
  expect(steps[1]!.wasInterval[0]).toBeLessThan(0.9);
  expect(steps[1]!.wasInterval[1]).toBeGreaterThan(0.9);
});
