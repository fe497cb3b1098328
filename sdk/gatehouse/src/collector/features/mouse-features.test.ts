import fc from 'fast-check';
import { expect, test } from 'vitest';
import { mouseFeatures } from './mouse-features.ts';
import { medianGap, movementsOf, smoothed } from './movements.ts';
import type { PointerSample } from './raw-window.ts';

/** Minimum jerk between two points: bell-shaped speed, straight but for `bow` pixels to the side. */
function reach(t: number, from: [number, number], to: [number, number], options: Partial<Reach> = {}) {
  const { duration = 600, every = 8, bow = 0 } = options;
  const samples: PointerSample[] = [];
  const length = Math.hypot(to[0] - from[0], to[1] - from[1]);
  for (let at = 0; at <= duration; at += every) {
    const s = at / duration;
    const done = 10 * s ** 3 - 15 * s ** 4 + 6 * s ** 5;
    const aside = (bow * Math.sin(Math.PI * done)) / length;
    samples.push({
      t: t + at,
      x: from[0] + (to[0] - from[0]) * done - (to[1] - from[1]) * aside,
      y: from[1] + (to[1] - from[1]) * done + (to[0] - from[0]) * aside,
    });
  }
  return samples;
}

interface Reach {
  duration: number;
  every: number;
  bow: number;
}

/** As `page.mouse.move(x, y, { steps })`: equal steps at an even pace. */
const evenly = (t: number, steps: number): PointerSample[] =>
  Array.from({ length: steps }, (_, at) => ({ t: t + at * 9, x: 100 + at * 12.4, y: 200 + at * 5.7 }));

test('smoothing keeps a straight line and both ends', () => {
  expect(smoothed([0, 2, 4, 6, 8, 10])).toEqual([0, 2, 4, 6, 8, 10]);
  const jagged = smoothed([0, 5, 0, 5, 0, 7]);
  expect([jagged[0], jagged.at(-1)]).toEqual([0, 7]);
});

test('a pause of over 150 ms parts two movements; over 350 ms at a recorder slower than 25 ms', () => {
  const fast = [...reach(0, [0, 0], [300, 0]), ...reach(800, [300, 0], [0, 0])];
  expect(movementsOf(fast)).toHaveLength(2);
  const slow = [
    ...reach(0, [0, 0], [300, 0], { every: 100 }),
    ...reach(850, [300, 0], [0, 0], { every: 100 }),
  ];
  // Jumps of a program, seconds apart, are no slow recorder.
  expect(medianGap([0, 300, 600, 900, 1_500].map((t) => ({ t, x: t, y: 0 })))).toBeUndefined();
  expect(medianGap(slow)).toBe(100);
  expect(movementsOf(slow)).toHaveLength(1);
  const moved = (every: number) =>
    movementsOf([...reach(0, [0, 0], [300, 0], { every }), ...reach(850, [300, 0], [0, 0], { every })]);
  // A page at 60 Hz that gives a move with each frame, and with each second one.
  expect(moved(16)).toHaveLength(2);
  expect(moved(33)).toHaveLength(1);
});

test('short, quick and scanty movements have no shape', () => {
  expect(movementsOf(reach(0, [0, 0], [20, 0]))).toEqual([]);
  expect(movementsOf(reach(0, [0, 0], [300, 0], { duration: 72 }))).toEqual([]);
  expect(movementsOf(reach(0, [0, 0], [300, 0], { every: 300 }))).toEqual([]);
  expect(mouseFeatures([])).toMatchObject({ n: 0, str: undefined, eq: undefined });
});

test('one minimum-jerk reach: straight, its peak in the middle, one submovement, the jerk of the theory', () => {
  const { n, str, tpk, sub, ldj, vBeg, vEnd, dev } = mouseFeatures(reach(0, [0, 0], [600, 0]));
  expect(n).toBe(1);
  expect(str).toBeCloseTo(1, 6);
  expect(dev).toBe(0);
  expect(tpk).toBeCloseTo(0.5, 1);
  expect(sub).toBeCloseTo(1 / 0.6, 6);
  expect(vBeg).toBeLessThan(0.1);
  expect(vEnd).toBeLessThan(0.1);
  // 720 · D² / T⁵ · T³ / (1.875 · D / T)² = 204.8: the exact value, before positions are rounded to pixels.
  expect(ldj).toBeGreaterThan(Math.log(204.8) - 1);
  expect(ldj).toBeLessThan(Math.log(204.8) + 2);
});

test('a bowed reach is less straight and turns one way', () => {
  const { str, dev, flip, turn } = mouseFeatures(reach(0, [0, 0], [600, 300], { bow: 120 }));
  expect(str).toBeLessThan(0.97);
  expect(dev).toBeGreaterThan(0.12);
  expect(flip).toBeLessThan(0.3);
  expect(turn).toBeGreaterThan(0);
});

test('equal steps are noticed, those of a bell-shaped reach are not', () => {
  expect(mouseFeatures(evenly(0, 30)).eq).toBe(1);
  expect(mouseFeatures(reach(0, [0, 0], [900, 200])).eq).toBeLessThan(0.6);
});

test('a pointer that keys move goes one way, whatever its speed; a hand does not', () => {
  /** As MouseKeys of X: each 40 ms a step that grows to 30 px. */
  const held = (toRight: number, down: number): PointerSample[] =>
    Array.from({ length: 24 }, (_, at) => {
      const way = Array.from({ length: at }, (_, step) => Math.min(30, 1 + 2 * step)).reduce(
        (a, b) => a + b,
        0,
      );
      return { t: 40 * at, x: 100 + toRight * way, y: 100 + down * way };
    });
  for (const way of [held(1, 0), held(0, 1), held(1, 1)])
    expect(mouseFeatures(way)).toMatchObject({ axis: 1, eq: 0 });
  const last = held(1, 0).at(-1)!;
  const turned = held(1, 1).map(({ t, x, y }) => ({ t: t + last.t, x: x - 100 + last.x, y }));
  expect(mouseFeatures([...held(1, 0), ...turned.slice(1)]).axis).toBe(1);
  for (const to of [
    [900, 60],
    [600, 590],
    [40, 30],
  ] as const)
    expect(mouseFeatures(reach(0, [0, 0], [...to], { bow: 5 })).axis).toBe(0);
});

test('the rate of the recorder hardly shows in the shape', () => {
  const at = (every: number) =>
    mouseFeatures(reach(0, [0, 0], [600, 300], { duration: 800, bow: 80, every }));
  const [fine, coarse] = [at(4), at(16)];
  for (const name of ['str', 'dev', 'vcv', 'tpk', 'turn', 'vBeg'] as const)
    expect(Math.abs(fine[name]! - coarse[name]!), name).toBeLessThan(0.05);
});

test('movements of different size and time give spreads and the correlation of path and time', () => {
  const moves = [
    ...reach(0, [0, 0], [100, 0], { duration: 300 }),
    ...reach(1_000, [100, 0], [500, 0], { duration: 600, bow: 40 }),
    ...reach(2_000, [500, 0], [0, 700], { duration: 900, bow: 90 }),
  ];
  const { n, fitts, strIqr, durSd, vSd } = mouseFeatures(moves);
  expect(n).toBe(3);
  expect(fitts).toBeGreaterThan(0.9);
  for (const value of [strIqr, durSd, vSd]) expect(value).toBeGreaterThan(0);
});

test('no samples, however strange, throw or give a number that is not finite', () => {
  const sample = fc.record({
    gap: fc.integer({ min: 0, max: 400 }),
    x: fc.double({ min: -1e5, max: 1e5, noNaN: true }),
    y: fc.double({ min: -1e5, max: 1e5, noNaN: true }),
  });
  fc.assert(
    fc.property(fc.array(sample, { maxLength: 120 }), (steps) => {
      let t = 0;
      const samples = steps.map(({ gap, x, y }) => {
        t += gap;
        return { t, x, y };
      });
      for (const value of Object.values(mouseFeatures(samples)))
        expect(value === undefined || Number.isFinite(value)).toBe(true);
    }),
  );
});
