import { expect, test } from 'vitest';
import { movementAlong } from '../../../../../test/support/one-movement.ts';
import { chordOf } from './movement-chord.ts';

type Point = Parameters<typeof movementAlong>[0];

const chordAt = (place: Point) => chordOf(movementAlong(place));

test('a line is straight, a bow lies on one side of it, a wave on both', () => {
  const line = chordAt((s) => [900 * s, 0]);
  expect(line).toMatchObject({ straightness: 1, deviation: 0, startAngle: 0, overshoot: 0, side: 0 });
  const bow = chordAt((s) => [900 * s, 200 * Math.sin(Math.PI * s)]);
  expect(bow.straightness).toBeLessThan(0.95);
  expect(bow.deviation).toBeCloseTo(200 / 900, 1);
  expect(bow.side).toBeCloseTo(1, 2);
  expect(bow.startAngle).toBeGreaterThan(0.3);
  expect(bow.overshoot).toBe(0);
  expect(chordAt((s) => [900 * s, 60 * Math.sin(2 * Math.PI * s)]).side).toBeLessThan(0.2);
});

test('a way beyond the end', () => {
  const past = chordAt((s) => [s < 0.8 ? 1_250 * s : 1_000 - 500 * (s - 0.8), 10 * s]);
  expect(past.overshoot).toBeGreaterThan(0.08);
});

test('a movement that ends where it began has no chord: its distance is that from its start', () => {
  const circle = chordAt((s) => [300 * Math.cos(2 * Math.PI * s), 300 * Math.sin(2 * Math.PI * s)]);
  expect(Object.keys(circle)).toEqual(['straightness', 'deviation']);
  expect(circle.straightness).toBe(0);
  expect(circle.deviation).toBeGreaterThan(550);
});
