import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { SlidingWindow } from '../../../../lib/sliding-window.ts';
import { countedIn, countOne, createWindows, partOf } from './watched-rules.ts';

const minutes = fc.integer({ min: 1, max: 1440 });
const start = fc.integer({ min: 0, max: 4_000_000_000_000 });
/** Pauses as shares of the window: bursts, and rests of more than a window. */
const pauses = fc.array(
  fc.oneof(fc.double({ min: 0, max: 0.02, noNaN: true }), fc.double({ min: 0, max: 1.5, noNaN: true })),
  {
    minLength: 1,
    maxLength: 150,
  },
);

function count(from: number, gaps: readonly number[], window: number) {
  let [now, slots]: [number, SlidingWindow] = [from, []];
  const times: number[] = [];
  for (const gap of gaps) {
    now += Math.round(gap * window);
    slots = countOne(slots, now, window);
    times.push(now);
  }
  return { slots, times, now };
}

test('counts at least what a naive count finds in the window, and nothing older than one part more', () => {
  fc.assert(
    fc.property(
      start,
      pauses,
      minutes,
      fc.double({ min: 0, max: 2, noNaN: true }),
      (from, gaps, size, later) => {
        const window = size * 60_000;
        const { slots, times, now } = count(from, gaps, window);
        const at = now + Math.round(later * window);
        const newerThan = (age: number) => times.filter((time) => time > at - age).length;
        const counted = countedIn(slots, at, window);
        expect(counted).toBeGreaterThanOrEqual(newerThan(window));
        expect(counted).toBeLessThanOrEqual(newerThan(window + partOf(window)));
      },
    ),
  );
});

test('exactly as many as a naive count by parts, after each event', () => {
  fc.assert(
    fc.property(start, pauses, minutes, (from, gaps, size) => {
      const window = size * 60_000;
      const part = partOf(window);
      let [now, slots]: [number, SlidingWindow] = [from, []];
      const parts: number[] = [];
      for (const gap of gaps) {
        now += Math.round(gap * window);
        slots = countOne(slots, now, window);
        parts.push(Math.floor(now / part) * part);
        expect(countedIn(slots, now, window)).toBe(
          parts.filter((begin) => begin + part + window > now).length,
        );
      }
      expect(slots.length).toBeLessThanOrEqual(62);
    }),
  );
});

test('a clock set back loses nothing of the window, and nothing outlasts a window and a part', () => {
  fc.assert(
    fc.property(start, pauses, minutes, fc.integer({ min: 1, max: 10 ** 11 }), (from, gaps, size, back) => {
      const window = size * 60_000;
      const { slots, now } = count(from, gaps, window);
      const earlier = Math.max(0, now - back);
      const before = countedIn(slots, now, window);
      const after = countOne(slots, earlier, window);
      expect(countedIn(after, earlier, window)).toBeGreaterThanOrEqual(before + 1);
      expect(countedIn(after, earlier + window + partOf(window), window)).toBe(0);
    }),
  );
});

test('a clock set forward forgets, and counts from there', () => {
  const { slots, now } = count(0, [0.1, 0.1, 0.1], 60_000);
  const later = now + 365 * 86_400_000;
  expect(countedIn(slots, later, 60_000)).toBe(0);
  expect(countedIn(countOne(slots, later, 60_000), later, 60_000)).toBe(1);
});

test('of more groups than are kept, the one counted longest ago is forgotten', () => {
  const windows = createWindows(2);
  windows.set('a', [{ start: 0, used: 1 }]);
  windows.set('b', [{ start: 0, used: 2 }]);
  windows.set('a', [{ start: 0, used: 3 }]);
  windows.set('c', [{ start: 0, used: 4 }]);
  expect([windows.of('a'), windows.of('b'), windows.of('c')]).toEqual([
    [{ start: 0, used: 3 }],
    [],
    [{ start: 0, used: 4 }],
  ]);
});
