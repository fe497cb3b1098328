import { expect, test } from 'vitest';
import { allowedCores, physicalCores, pickCores } from './cores.ts';

test('service and generator have physical cores of their own, away from the first where there are three', () => {
  const eight = [0, 2, 4, 6, 8, 10, 12, 14].map((one) => [one, one + 1]);
  expect(pickCores(eight)).toEqual({ service: 14, generator: 12 });
  expect(pickCores([[0], [1], [2]])).toEqual({ service: 2, generator: 1 });
});

test('on two cores or fewer they share', () => {
  expect(pickCores([[0], [1]])).toEqual({ service: 0, generator: 1 });
  expect(pickCores([[0, 1]])).toEqual({ service: 0, generator: 1 });
  expect(pickCores([[0]])).toEqual({ service: 0, generator: 0 });
});

test('each processor that may be used belongs to one physical core', () => {
  const all = physicalCores().flat();
  expect(all.toSorted((a, b) => a - b)).toEqual(allowedCores());
});

test('a core of which no processor may be used is left out', () => {
  const [one] = allowedCores();
  expect(physicalCores([one!])).toEqual([[one]]);
});
