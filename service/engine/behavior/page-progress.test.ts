import fc from 'fast-check';
import { expect, test } from 'vitest';
import { emptyWindow, personWindow } from '../../../test/support/behavior-windows.ts';
import { followPage, type PageProgress } from './page-progress.ts';

const noon = Date.UTC(2026, 10, 22, 12);
const counts = personWindow().counts;
const window = (seq: number, upMs: number, more = {}) => ({ seq, upMs, counts, ...more });
/** By the clock of one start of the service. */
const at = (now: number, begun = 0) => ({ now, begun });
const first = followPage(undefined, window(3, 40_000), at(noon)).progress;
const next = (data: ReturnType<typeof window>, after: number) =>
  followPage(first, data, at(noon + after)).contradicts;

test.each([
  ['the next one', window(4, 70_000), 30_000, false],
  ['the same body again', window(3, 40_000), 2_000, false],
  ['a look without anything that happened since', window(3, 45_000), 5_000, false],
  ['one that overtook it', window(2, 39_000), 1_000, false],
  ['a request that took long', window(4, 45_000), 25_000, false],
  ['a laptop that slept', window(4, 50_000), 500_000, false],
  ['a number that rises while the page gets younger', window(4, 30_000), 30_000, true],
  ['a number that falls while the page gets older', window(2, 70_000), 30_000, true],
  ['events without a new number', window(3, 70_000, { counts: { ...counts, down: 90 } }), 30_000, true],
  ['an hour of the page in a second', window(9, 3_640_000), 1_000, true],
  ['a number from before, long after', window(2, 39_000), 120_000, true],
] as const)('%s: contradicts %s', (_, data, after, contradicts) => {
  expect(next(data as ReturnType<typeof window>, after)).toBe(contradicts);
});

test('after a restart, whose clock may be set, the order counts and no time', () => {
  const restarted = (data: ReturnType<typeof window>, after: number) =>
    followPage(first, data, at(noon + after, 1));
  // The box was down for ten seconds, and its clock is 90 s behind.
  expect(restarted(window(4, 160_000), 30_000).contradicts).toBe(false);
  expect(restarted(window(4, 160_000), -30_000).contradicts).toBe(false);
  expect(restarted(window(4, 20_000), 30_000).contradicts).toBe(true);
  const { progress } = restarted(window(4, 160_000), 30_000);
  expect(followPage(progress, window(5, 190_000), at(noon + 60_000, 1)).contradicts).toBe(false);
  expect(followPage(progress, window(5, 990_000), at(noon + 60_000, 1)).contradicts).toBe(true);
});

test('small steps ahead add up, and what contradicts is not learned', () => {
  let progress: PageProgress | undefined = first;
  const seen = Array.from({ length: 8 }, (_, i) => {
    const one = followPage(progress, window(4 + i, 70_000 + i * 30_000), at(noon + (i + 1) * 1_000));
    progress = one.progress;
    return one.contradicts;
  });
  expect(seen).toEqual([false, false, true, true, true, true, true, true]);
  expect(progress?.seq).toBe(5);
});

test('an honest page never contradicts itself, whatever the network does within a minute', () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ pause: fc.nat(400_000), late: fc.nat(59_000), slept: fc.nat(1e7) }), {
        minLength: 1,
        maxLength: 30,
      }),
      (beats) => {
        let upMs = 0;
        let real = noon;
        const sent = beats.map(({ pause, late, slept }, seq) => {
          upMs += pause;
          real += pause + (seq % 5 === 4 ? slept : 0);
          return { seq, upMs, at: real + late };
        });
        let progress: PageProgress | undefined;
        for (const { seq, upMs: up, at: arrived } of sent.toSorted((a, b) => a.at - b.at)) {
          const one = followPage(progress, emptyWindow({ seq, upMs: up }), { now: arrived, begun: 0 });
          expect(one.contradicts).toBe(false);
          progress = one.progress;
          expect(JSON.stringify(progress).length).toBeLessThan(150);
        }
      },
    ),
  );
});
