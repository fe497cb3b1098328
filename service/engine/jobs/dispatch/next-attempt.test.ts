import fc from 'fast-check';
import { expect, test } from 'vitest';
import { nextAttempt } from './next-attempt.ts';

const MINUTE = 60_000;
const schedule = { pauses: [5_000, 5 * MINUTE], jitter: 0.1 };
const failed = { is: 'failed', error: 'refused' } as const;

test.each([
  ['done', { is: 'done' } as const, 0, { is: 'done' }],
  ['dead at once', { is: 'dead', error: 'gone' } as const, 0, { is: 'dead', error: 'gone' }],
  ['the first pause', failed, 0, { is: 'again', at: 5_250, error: 'refused' }],
  ['the second', failed, 1, { is: 'again', at: 5.25 * MINUTE, error: 'refused' }],
  ['none is left', failed, 2, { is: 'dead', error: 'refused' }],
  ['later than the pause', { ...failed, at: 9_000 }, 0, { is: 'again', at: 9_000, error: 'refused' }],
  ['sooner than the pause', { ...failed, at: 1_000 }, 0, { is: 'again', at: 5_250, error: 'refused' }],
  ['a moment after the last', { ...failed, at: 9_000 }, 2, { is: 'dead', error: 'refused' }],
])('%s', (_, outcome, attempts, next) => {
  expect(nextAttempt(outcome, attempts, schedule, { now: 0, chance: 0.5 })).toEqual(next);
});

test('chance adds to a pause and takes nothing from it', () => {
  fc.assert(
    fc.property(
      fc.nat(1_000_000_000),
      fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
      fc.double({ min: 0, max: 2, noNaN: true }),
      (pause, chance, jitter) => {
        const next = nextAttempt(failed, 0, { pauses: [pause], jitter }, { now: 7, chance });
        if (next.is !== 'again') throw new Error('it is tried again');
        expect(next.at - 7).toBeGreaterThanOrEqual(pause);
        expect(next.at - 7).toBeLessThanOrEqual(Math.round(pause * (1 + jitter)));
      },
    ),
  );
});
