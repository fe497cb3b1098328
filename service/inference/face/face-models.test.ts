import { expect, test } from 'vitest';
import { eyeAspectRatio } from './face-models.ts';

test('the ratio is mean lid distance over eye width', () => {
  const contour = new Float32Array(228);
  for (let i = 0; i <= 8; i++) contour.set([4 * i, 10, 99], 3 * i);
  for (let i = 0; i < 7; i++) contour.set([4 * (i + 1), 10 - 8, -99], 3 * (9 + i));
  expect(eyeAspectRatio(contour)).toBeCloseTo(0.25, 6);
  for (let i = 0; i < 7; i++) contour.set([4 * (i + 1), 10, 0], 3 * (9 + i));
  expect(eyeAspectRatio(contour)).toBe(0);
});
