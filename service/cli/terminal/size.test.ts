import { expect, test } from 'vitest';
import { describeSize } from '../doctor/checks.ts';

test.each([
  [0, '0 B'],
  [999, '999 B'],
  [1000, '1.0 kB'],
  [40_400, '40.4 kB'],
  [123_456_789, '123 MB'],
  [1_550_000_000, '1.6 GB'],
  [3e15, '3000 TB'],
])('%d bytes are %s', (bytes, text) => {
  expect(describeSize(bytes)).toBe(text);
});
