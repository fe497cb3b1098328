import { expect, test } from 'vitest';
import { padCrop } from './presentation-score.ts';

const crop = { scale: 2.7, boxWidth: 0.9, boxHeight: 1.2, centreUp: 0.12 };

test('the box is reshaped about its raised centre and enlarged', () => {
  const found = padCrop({ x: 400, y: 400, width: 100, height: 100 }, crop, 1000, 1000);
  expect(found.x).toBeCloseTo(450 - 121.5, 9);
  expect(found.y).toBeCloseTo(438 - 162, 9);
  expect([found.width, found.height]).toEqual([expect.closeTo(243, 9), expect.closeTo(324, 9)]);
});

test('at the edge it is shifted, not cut', () => {
  const found = padCrop({ x: 0, y: 880, width: 100, height: 100 }, crop, 1000, 1000);
  expect(found).toEqual({
    x: 0,
    y: expect.closeTo(676, 9),
    width: expect.closeTo(243, 9),
    height: expect.closeTo(324, 9),
  });
});

test('larger than the picture it is reduced, keeping its shape', () => {
  const found = padCrop({ x: 100, y: 100, width: 200, height: 200 }, crop, 400, 400);
  expect(found.height).toBeCloseTo(400, 9);
  expect(found.width).toBeCloseTo(300, 9);
  expect(found.y).toBeCloseTo(0, 9);
});
