import { expect, test } from 'vitest';
import { median, quantile } from './statistics.ts';

test('the median is the middle value, or the mean of the two', () => {
  expect([median([3]), median([9, 1, 4]), median([4, 1, 2, 10])]).toEqual([3, 4, 3]);
  expect(() => median([])).toThrow(RangeError);
});

test('a quantile is a value that was measured', () => {
  const hundred = Array.from({ length: 100 }, (_, i) => 100 - i);
  expect([
    quantile(hundred, 0.99),
    quantile(hundred, 1),
    quantile(hundred, 0.01),
    quantile([5], 0.99),
  ]).toEqual([99, 100, 1, 5]);
});
