import { expect, test } from 'vitest';
import { movementAlong } from '../../../../../test/support/one-movement.ts';
import { turningOf } from './movement-turning.ts';

type Point = Parameters<typeof movementAlong>[0];

const turningAt = (place: Point) => turningOf(movementAlong(place));

test('a corner is turned at one place', () => {
  const corner = turningAt((s) => (s < 0.5 ? [800 * s, 0] : [400, 800 * (s - 0.5)]));
  expect(corner.sharpest).toBeGreaterThan(0.2);
  expect(turningAt((s) => [900 * s, 200 * s]).sharpest).toBeLessThan(0.05);
});

test('a circle turns one way, at an even pace; a wave turns to and fro, most where it is slow', () => {
  const circle = turningAt((s) => [300 * Math.cos(5 * s), 300 * Math.sin(5 * s)]);
  expect(circle.flips).toBe(0);
  expect(circle.turn).toBeCloseTo(0.1, 1);
  expect(circle.slowTurning).toBeCloseTo(1 / 3, 1);
  const wave = turningAt((s) => [500 * s, 100 * Math.sin(12 * s)]);
  expect(wave.flips).toBeGreaterThan(0);
  expect(wave.slowTurning).toBeGreaterThan(0.4);
  expect(wave.powerLaw).toBeLessThan(-0.5);
});

test('a straight line has no curvature, and steps of under half a pixel no direction', () => {
  expect(turningAt((s) => [800 * s, 0])).toMatchObject({
    turn: 0,
    turnDeviation: 0,
    flips: undefined,
    powerLaw: undefined,
    powerRest: undefined,
  });
  const still = turningAt((s) => [s < 0.1 ? 0 : 400 * (s - 0.1) ** 9, 0]);
  expect(still.turn).toBe(0);
});
