import { expect, test } from 'vitest';
import { moveOf } from './rate.ts';

test('a fall of the false alarms at a slower recorder is a move as a rise is', () => {
  const rates = [0.025, 0.019, 0.02, 0.024].map((rate) => ({ rate }));
  expect(moveOf({ rates })).toBeCloseTo(0.006);
  expect(moveOf({ rates: [{ rate: 0 }, { rate: 0.009 }] })).toBeCloseTo(0.009);
});
