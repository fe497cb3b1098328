import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DAY, dueReason, needsConfirmation } from './due.ts';

const none = { asOf: 0, recorded: false, withheldFrom: {} };
const all = (from: number) => ({
  asOf: 1,
  recorded: true,
  withheldFrom: { verification: from, identification: 0, deduplication: 0 },
});

test('a person is due from the last use or enrollment, whichever is later, plus the term', () => {
  const term = { unusedDays: 10 };
  expect(dueReason({ enrolledAt: 0, status: none }, term, 10 * DAY - 1)).toBeUndefined();
  expect(dueReason({ enrolledAt: 0, status: none }, term, 10 * DAY)).toBe('unused');
  expect(dueReason({ enrolledAt: 0, usedAt: 5 * DAY, status: none }, term, 14 * DAY)).toBeUndefined();
  expect(dueReason({ enrolledAt: 7 * DAY, usedAt: 5 * DAY, status: none }, term, 16 * DAY)).toBeUndefined();
  expect(dueReason({ enrolledAt: 7 * DAY, usedAt: 5 * DAY, status: none }, term, 17 * DAY)).toBe('unused');
});

test('a person whose records leave no use is due at once, and one use left is enough to stay', () => {
  const term = { unusedDays: 1095 };
  expect(dueReason({ enrolledAt: 0, status: all(0) }, term, 5)).toBe('consent-withdrawn');
  expect(dueReason({ enrolledAt: 0, status: all(7) }, term, 6)).toBeUndefined();
  expect(dueReason({ enrolledAt: 0, status: all(7) }, term, 7)).toBe('consent-over');
  const one = { asOf: 1, recorded: true, withheldFrom: { identification: 0, deduplication: 0 } };
  expect(dueReason({ enrolledAt: 0, status: one }, term, 7)).toBeUndefined();
});

test('a person whose records cannot be read is due by use alone', () => {
  const status = { ...all(0), unread: Number.MAX_SAFE_INTEGER };
  expect(dueReason({ enrolledAt: 0, status }, { unusedDays: 10 }, 10 * DAY - 1)).toBeUndefined();
  expect(dueReason({ enrolledAt: 0, status }, { unusedDays: 10 }, 10 * DAY)).toBe('unused');
});

test('what an administrator withdrew, or let end, erases after seven days', () => {
  const term = { unusedDays: 1095 };
  const due = (staff: object, now: number, end = 0) =>
    dueReason({ enrolledAt: 0, status: { ...all(end), staff } }, term, now);
  expect(due({ withdrewAt: DAY }, 8 * DAY - 1)).toBeUndefined();
  expect(due({ withdrewAt: DAY }, 8 * DAY)).toBe('consent-withdrawn');
  expect(due({ recordedAt: DAY }, 8 * DAY - 1, DAY + 1)).toBeUndefined();
  expect(due({ recordedAt: DAY }, 8 * DAY, DAY + 1)).toBe('consent-over');
  // A consent that came with the enrollment ends when it says.
  expect(due({ recordedAt: 5 }, 2 * DAY, 2 * DAY)).toBe('consent-over');
});

test('no one is due earlier under a longer term, nor later at a later time', () => {
  const time = fc.integer({ min: 0, max: 2000 }).map((days) => days * DAY);
  fc.assert(
    fc.property(
      time,
      time,
      time,
      fc.integer({ min: 1, max: 1000 }),
      fc.nat(100),
      (enrolledAt, usedAt, now, unusedDays, more) => {
        const kept = { enrolledAt, usedAt, status: none };
        if (dueReason(kept, { unusedDays: unusedDays + more }, now))
          expect(dueReason(kept, { unusedDays }, now)).toBe('unused');
        if (dueReason(kept, { unusedDays }, now))
          expect(dueReason(kept, { unusedDays }, now + more * DAY)).toBe('unused');
      },
    ),
  );
});

test.each([
  [0, 0, false],
  [1, 1, false],
  [2, 2, true],
  [1, 10, false],
  [2, 10, true],
  [2, 39, true],
  [2, 40, false],
  [3, 40, true],
  [50, 1000, false],
  [51, 1000, true],
])('erasing %i of %i people needs to be confirmed: %s', (due, people, asks) => {
  expect(needsConfirmation(due, people)).toBe(asks);
});
