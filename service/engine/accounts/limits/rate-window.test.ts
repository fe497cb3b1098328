import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type SlidingWindow, usedIn } from '../../../lib/sliding-window.ts';
import { MOST_SLOTS, SLOT, take, WINDOW, waitFor, windowAt } from './usage.ts';

/** Pauses between requests, in milliseconds: bursts, and rests of more than a minute. */
const pauses = fc.array(fc.oneof(fc.integer({ min: 0, max: 400 }), fc.integer({ min: 0, max: 90_000 })), {
  minLength: 1,
  maxLength: 120,
});
const limit = fc.integer({ min: 1, max: 12 });
const moment = fc.integer({ min: 0, max: 4_000_000_000_000 });

function admit(start: number, gaps: readonly number[], most: number) {
  let [now, window]: [number, SlidingWindow] = [start, []];
  const admitted: number[] = [];
  for (const gap of gaps) {
    now += gap;
    if (waitFor(window, now, most) > 0) continue;
    window = take(window, now);
    admitted.push(now);
  }
  return { admitted, window, now };
}

test('never more than the limit in any minute, wherever the minute begins', () => {
  fc.assert(
    fc.property(moment, pauses, limit, (start, gaps, most) => {
      const { admitted } = admit(start, gaps, most);
      for (const from of admitted) {
        expect(admitted.filter((at) => at >= from && at < from + WINDOW).length).toBeLessThanOrEqual(most);
      }
    }),
  );
});

test('the wait it names is enough, is the shortest, and is at most a minute and a slot', () => {
  fc.assert(
    fc.property(moment, pauses, limit, (start, gaps, most) => {
      const { window, now } = admit(start, gaps, most);
      const wait = waitFor(window, now, most);
      expect(wait).toBeLessThanOrEqual(WINDOW + SLOT);
      expect(waitFor(window, now + wait, most)).toBe(0);
      if (wait > 0) expect(waitFor(window, now + wait - 1, most)).toBeGreaterThan(0);
    }),
  );
});

test('a clock set back gives nothing free and makes no caller wait longer than a minute and a slot', () => {
  fc.assert(
    fc.property(moment, pauses, limit, fc.integer({ min: 1, max: 10 ** 12 }), (start, gaps, most, back) => {
      const { window, now } = admit(start, gaps, most);
      const earlier = Math.max(0, now - back);
      expect(usedIn(windowAt(window, earlier))).toBeGreaterThanOrEqual(usedIn(windowAt(window, now)));
      // What a start writes down of it, so that the far end of the wait is fixed.
      const rebased = windowAt(window, earlier);
      expect(waitFor(rebased, earlier + WINDOW + SLOT, most)).toBe(0);
    }),
  );
});

test('a limit that was lowered below what is used waits until enough of it is a minute old', () => {
  let window: SlidingWindow = [];
  for (const at of [0, 6_000, 12_000]) window = take(window, at);
  expect([waitFor(window, 12_000, 4), waitFor(window, 12_000, 3), waitFor(window, 12_000, 1)]).toEqual([
    0, 53_000, 63_000,
  ]);
});

test('no window has more slots than are kept, also where the clock is set back and forth', () => {
  const steps = fc.array(
    fc
      .integer({ min: -200_000, max: 20_000 })
      .map((step) => (step < -100_000 ? step : Math.abs(step) % 8_000)),
    {
      maxLength: 200,
    },
  );
  fc.assert(
    fc.property(moment, steps, (start, times) => {
      let [now, window]: [number, SlidingWindow] = [start, []];
      for (const step of times) {
        now = Math.max(0, now + step);
        window = take(window, now);
        expect(window.length).toBeLessThanOrEqual(MOST_SLOTS);
      }
    }),
  );
});
