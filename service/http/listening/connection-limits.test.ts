import { expect, test } from 'vitest';
import { connectionLimitsFor } from './connections.ts';

test.each([
  [192, { total: 64, perAddress: 16 }],
  [256, { total: 128, perAddress: 32 }],
  [1024, { total: 512, perAddress: 128 }],
  [4096, { total: 3072, perAddress: 256 }],
  [1_048_576, { total: 10_000, perAddress: 256 }],
  [Number.MAX_SAFE_INTEGER, { total: 10_000, perAddress: 256 }],
])('of %d descriptors some are kept for everything else', (openFiles, limits) => {
  expect(connectionLimitsFor(openFiles)).toEqual(limits);
});

test('too few descriptors are refused with what to do', () => {
  expect(() => connectionLimitsFor(191)).toThrow(
    /may open only 191 files.*ulimit -n 4096.*LimitNOFILE=4096/s,
  );
});
