import { expect, test } from 'vitest';
import { keyFeatures } from './key-features.ts';
import type { Stroke } from './raw-window.ts';

/** Strokes from pairs of milliseconds: until the next press, and held. */
function strokes(...pairs: [gap: number, hold: number][]): Stroke[] {
  let down = 1_000.3;
  return pairs.map(([gap, hold]) => {
    const stroke = { down, up: down + hold };
    down += gap;
    return stroke;
  });
}

const organic: [number, number][] = [
  [143.2, 96.1],
  [211.7, 83.4],
  [98.3, 121.9],
  [176.5, 77.2],
  [302.1, 104.8],
  [88.6, 133.3],
  [154.9, 91.5],
  [231.4, 88.7],
];

test('nothing typed: nothing measured', () => {
  const { n, nIn, ...rest } = keyFeatures([], []);
  expect([n, nIn]).toEqual([0, 0]);
  expect(Object.values(rest).every((value) => value === undefined)).toBe(true);
});

test('a person: holds, rhythm, and the share of keys that overlap the next', () => {
  const { n, hold, roll, ddLsd, holdNear } = keyFeatures(strokes(...organic), []);
  expect(n).toBe(8);
  expect(hold).toBeCloseTo(93.8, 5);
  expect(roll).toBeCloseTo(2 / 7, 5);
  expect(ddLsd).toBeGreaterThan(0.25);
  expect(holdNear).toBeLessThan(0.5);
});

test('a metronome, also one at whole multiples of ten milliseconds', () => {
  const metronome = strokes(...Array.from({ length: 20 }, (): [number, number] => [100, 50]));
  expect(keyFeatures(metronome, [])).toMatchObject({ hold: 50, holdNear: 1, ddNear: 1, roll: 0 });
  expect(keyFeatures(metronome, []).ddLsd).toBeCloseTo(0, 6);
});

test('tapping one key is no typing: neither held nor rhythm, and the keys around it are', () => {
  const typed = strokes(...organic);
  const tapped = Array.from({ length: 15 }, (_, at) => ({
    down: 3_000 + 167 * at,
    up: 3_080 + 167 * at,
    again: at > 0,
  }));
  const after = { down: 3_000 + 167 * 15, up: 3_100 + 167 * 15 };
  const { n, hold, ddNear, dd } = keyFeatures([...typed, ...tapped, after], []);
  expect(n).toBe(10);
  expect(hold).toBeCloseTo(93.8, 0);
  expect(ddNear).toBeLessThan(0.5);
  expect(dd).toBeGreaterThan(143);
  expect(keyFeatures(tapped, [])).toMatchObject({
    n: 1,
    ddNear: undefined,
    relay: undefined,
    roll: undefined,
  });
});

test('a clock that is rounded says nothing about holds and rhythm', () => {
  const rounded = (tick: number) =>
    strokes(
      ...organic.map(([gap, hold]): [number, number] => [
        Math.round(gap / tick) * tick,
        Math.round(hold / tick) * tick,
      ]),
    );
  for (const tick of [100, 1_000 / 60, 16, 15.625, 15.6, 10])
    expect(keyFeatures(rounded(tick), []), `${tick} ms`).toMatchObject({
      n: 8,
      hold: undefined,
      holdNear: undefined,
      ddNear: undefined,
    });
});

test('a pause is no rhythm, and a key that is still down has no hold', () => {
  const pause = strokes([150, 90], [5_000, 80], [170, 85]);
  expect(keyFeatures([...pause, { down: 9_000 }], [])).toMatchObject({ n: 3, dd: 150 });
});

test('keys that follow a release at once are counted; the same moment is a rounded clock, overlap is a person', () => {
  const after = (...flights: number[]) =>
    strokes(...[0, ...flights].map((_, i): [number, number] => [80 + (flights[i] ?? 0), 80]));
  expect(keyFeatures(after(1.4, 2.2, 7.9, 60), []).relay).toBe(0.75);
  expect(keyFeatures(after(0, 0, -20, 8.5), []).relay).toBe(0);
  expect(keyFeatures(strokes(...organic), []).relay).toBeLessThan(0.3);
  expect(keyFeatures(strokes([100, 50]), []).relay).toBeUndefined();
});

test('text that no key brought', () => {
  const typed = [true, false, false, false].map((keyed, t) => ({ t, keyed }));
  expect(keyFeatures([], typed)).toMatchObject({ nIn: 4, inNoKey: 0.75 });
});
