import fc from 'fast-check';
import { expect, test } from 'vitest';
import { mouseFeatures } from './mouse-features.ts';
import { createFigures } from './movement-figures.ts';
import { medianGap, stretchesOf } from './movements.ts';
import type { PointerSample } from './raw-window.ts';

/** One sample a row: milliseconds since the one before, and pixels moved. */
const samplesOf = (rows: readonly (readonly [number, number, number])[]): PointerSample[] => {
  let [t, x, y] = [0, 400, 300];
  return rows.map(([gap, dx, dy]) => {
    [t, x, y] = [t + gap, x + dx, y + dy];
    return { t, x, y };
  });
};

const tracks = fc
  .array(
    fc.tuple(
      fc.oneof({ weight: 9, arbitrary: fc.integer({ min: 0, max: 40 }) }, fc.integer({ min: 0, max: 900 })),
      fc.integer({ min: -30, max: 40 }),
      fc.integer({ min: -30, max: 40 }),
    ),
    { minLength: 30, maxLength: 400 },
  )
  .map(samplesOf);

test('what was computed ahead or for an earlier window changes no figure of a later one', () => {
  fc.assert(
    fc.property(tracks, fc.integer({ min: 200, max: 3_000 }), (track, step) => {
      const figures = createFigures();
      for (let to = step; to <= track.at(-1)!.t + step; to += step) {
        const window = track.filter(({ t }) => t > to - 3_000 && t <= to);
        if (to % 3 !== 0) figures.prepare(stretchesOf(window, medianGap(window)), to - 3_000);
        expect(mouseFeatures(window, medianGap(window), figures)).toEqual(mouseFeatures(window));
      }
    }),
  );
});

test('a stretch is computed once, until a window no longer has it', () => {
  const row = (at: number): [number, number, number] => [at % 20 === 0 ? 500 : 16, 7, at % 5];
  const stretches = stretchesOf(samplesOf(Array.from({ length: 60 }, (_, at) => row(at))), 16);
  const figures = createFigures();
  figures.prepare(stretches.slice(0, 2), 0);
  const [first, ...later] = figures.of(stretches);
  expect(later.length).toBe(2);
  const again = figures.of(stretches.slice(1));
  expect([again[0] === later[0], again[1] === later[1]]).toEqual([true, true]);
  expect(figures.of(stretches)[0]).not.toBe(first);
  const [, , third] = figures.of(stretches);
  figures.prepare([], stretches[2]![0]!.t);
  const [second, same] = figures.of(stretches.slice(1));
  expect([second === later[0], same === third]).toEqual([false, true]);
  figures.clear();
  expect(figures.of(stretches.slice(2))[0]).not.toBe(third);
});
