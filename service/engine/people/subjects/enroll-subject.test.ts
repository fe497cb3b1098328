import { expect, test } from 'vitest';
import { oneMoreToday } from './enroll-subject.ts';

const HOUR = 3_600_000;
const now = Date.UTC(2026, 10, 20, 12);
const ago = (...hours: number[]) => hours.map((hour) => now - hour * HOUR);

test('the fifth in a day is counted, the sixth waits until the first is a day old', () => {
  expect(oneMoreToday(ago(20, 3, 2, 1), now)).toEqual([...ago(20, 3, 2, 1), now]);
  expect(() => oneMoreToday(ago(20, 4, 3, 2, 1), now)).toThrow(
    expect.objectContaining({ code: 'USER_FLOOD_DETECTED', extra: { retryAfterSeconds: 4 * 3600 } }),
  );
});

test('enrollments a day old are forgotten, and a clock that ran ahead locks no one out for long', () => {
  expect(oneMoreToday(ago(24, 23.9, 3, 2, 1), now)).toEqual([...ago(23.9, 3, 2, 1), now]);
  expect(oneMoreToday(ago(-9000, -9000, -9000, -9000, -9000), now)).toEqual([now]);
});
