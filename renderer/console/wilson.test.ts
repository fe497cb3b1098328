import { expect, test } from 'vitest';
import { wilsonInterval } from './wilson.ts';

test('the interval of 1,228 in 1,320 and of none in 300', () => {
  const { low, high } = wilsonInterval(1228, 1320)!;
  expect([low, high].map((value) => value.toFixed(4))).toEqual(['0.9153', '0.9428']);
  expect(wilsonInterval(0, 300)!.low).toBeCloseTo(0, 12);
  expect(wilsonInterval(0, 300)!.high).toBeCloseTo(0.0126, 4);
  expect(wilsonInterval(0, 0)).toBeUndefined();
});
