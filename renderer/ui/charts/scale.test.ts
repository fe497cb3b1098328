import { expect, test } from 'vitest';
import { decades, labelStep, linear, logarithmic, ticksUpTo } from './scale.ts';

test('ticks are round and reach the largest value', () => {
  expect([ticksUpTo(148, 4), ticksUpTo(3, 4), ticksUpTo(0, 4), ticksUpTo(0.4, 4), ticksUpTo(1, 4)]).toEqual([
    [0, 40, 80, 120, 160],
    [0, 1, 2, 3],
    [0, 1],
    [0, 0.1, 0.2, 0.30000000000000004, 0.4],
    [0, 1],
  ]);
});

test('decades, labels that fit, and scales', () => {
  expect(decades(1e-6, 1e-2)).toEqual([1e-6, 1e-5, 1e-4, 1e-3, 1e-2].map((one) => expect.closeTo(one, 12)));
  expect([labelStep(24, 480, 56), labelStep(24, 4000, 56)]).toEqual([3, 1]);
  expect([linear(0, 10, 100, 0)(2.5), logarithmic(1, 100, 0, 200)(10)]).toEqual([75, 100]);
});
