import { describe, expect, test } from 'vitest';
import * as format from './format.ts';

test('a score below its threshold is rounded down, so that it never reads as reached', () => {
  expect([
    format.formatScore(0.4996, 'en', 0.5),
    format.formatScore(0.4996, 'en'),
    format.formatScore(0.5, 'en', 0.5),
    format.formatScore(0.999, 'de', 0.5),
    format.formatScore(0.29, 'en', 0.5),
  ]).toEqual(['0.49', '0.50', '0.50', '1,00', '0.29']);
});

test('rates under one percent are odds, others percent with a no-break space', () => {
  const words = (n: string) => `1 in ${n}`;
  expect([
    format.formatRate(1e-4, 'en', words),
    format.formatRate(0.142, 'en', words),
    format.formatRate(0, 'en', words),
    format.formatPercent(0.142, 'de'),
  ]).toEqual(['1 in 10,000', '14.2\u00a0%', '0.0\u00a0%', '14,2\u00a0%']);
});

test('bytes are decimal, durations in the unit that fits', () => {
  expect(
    [0, 999, 1000, 1_234_567, 999_999_999, 1.2e9].map((bytes) => format.formatBytes(bytes, 'en')),
  ).toEqual([...['0\u00a0B', '999\u00a0B', '1.0\u00a0kB', '1.2\u00a0MB', '1,000\u00a0MB', '1.2\u00a0GB']]);
  const hour = 3_600_000;
  expect(
    [318, 1900, 65_000, 6 * 60_000, 5 * hour, 72 * hour].map((ms) => format.formatDuration(ms, 'en')),
  ).toEqual([...['318\u00a0ms', '1.9\u00a0s', '1\u00a0min', '6\u00a0min', '5\u00a0h', '3 days']]);
});

describe('relative times', () => {
  const now = new Date(2026, 10, 20, 15, 0).getTime();
  const ago = (milliseconds: number) => format.formatRelative(now - milliseconds, now, 'en');
  test.each([
    [10_000, 'now'],
    [3 * 60_000, '3 min. ago'],
    [2 * 3_600_000, '2 hr. ago'],
    [86_400_000 - 28 * 60_000, 'yesterday, 15:28'],
    [4 * 86_400_000, '4 days ago'],
    [8 * 86_400_000, 'Nov 12, 2026'],
    [-5 * 60_000, 'in 5 min.'],
  ])('%d ms ago', (milliseconds, text) => expect(ago(milliseconds)).toBe(text));
});

test('an id keeps its prefix and is shortened in the middle only', () => {
  expect([
    format.shortenId('sub_01m2k9aaaabbbbccccdddd7q4d'),
    format.shortenId('key_short'),
    format.shortenId('x'),
  ]).toEqual(['sub_01m2k9…7q4d', 'key_short', 'x']);
});
