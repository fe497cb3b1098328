import { expect, test } from 'vitest';
import { movementAlong } from '../../../../../test/support/one-movement.ts';
import { structureOf } from './movement-structure.ts';
import { movementsOf } from './movements.ts';

type Point = Parameters<typeof movementAlong>[0];

const structureAt = (place: Point) => structureOf(movementAlong(place));

const minimumJerk = (s: number) => 10 * s ** 3 - 15 * s ** 4 + 6 * s ** 5;

test('a polynomial of time explains minimum jerk, and no movement with several strokes', () => {
  const one = structureAt((s) => [900 * minimumJerk(s), 200 * minimumJerk(s)]);
  const several = structureAt((s) => [900 * minimumJerk(s) + 60 * Math.sin(25 * s), 90 * Math.sin(14 * s)]);
  expect(one.quintic).toBeLessThan(-6);
  expect(several.quintic).toBeGreaterThan(one.quintic! + 2);
  expect(several.speedRest).toBeGreaterThan(3 * one.speedRest!);
  expect(several.rippleShare).toBeGreaterThan(one.rippleShare!);
});

test('when the way is made', () => {
  const even = structureAt((s) => [900 * s, 100 * s]);
  const bell = structureAt((s) => [900 * minimumJerk(s), 100 * minimumJerk(s)]);
  const early = structureAt((s) => [900 * (1 - (1 - s) ** 3), 100 * s]);
  expect(even.timeSpread).toBeGreaterThan(bell.timeSpread + 0.08);
  expect(early.firstQuarter).toBeGreaterThan(0.5);
  expect(early.timeSkew).toBeGreaterThan(even.timeSkew);
});

test('of too short a movement nothing is fitted', () => {
  const short = movementsOf([0, 1, 2, 3, 4, 5].map((at) => ({ t: 20 * at, x: 30 * at, y: 0 })))[0]!;
  expect(Object.keys(structureOf(short))).toEqual(['timeSpread', 'timeSkew', 'firstQuarter']);
});
