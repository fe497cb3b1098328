import { expect, test } from 'vitest';
import { colorOf, type Picture } from './picture.ts';

const filled = (pixel: (i: number) => [number, number, number]): Picture => ({
  width: 20,
  height: 10,
  pixels: Uint8Array.from(Array.from({ length: 200 }, (_, i) => pixel(i)).flat()),
});
const whole = { x: 0, y: 0, width: 20, height: 10 };

test('grey is 0 whatever its brightness, a color is how far its channels lie apart', () => {
  expect(
    colorOf(
      filled((i) => [i, i, i]),
      whole,
    ),
  ).toBe(0);
  expect(
    colorOf(
      filled(() => [200, 149, 98]),
      whole,
    ),
  ).toBeCloseTo(102 / 255, 9);
});

test('only the box counts, and one that reaches beyond the picture is cut', () => {
  const half = filled((i) => (i % 20 < 10 ? [128, 128, 128] : [255, 0, 0]));
  expect(colorOf(half, { x: -5, y: -5, width: 15, height: 30 })).toBe(0);
  expect(colorOf(half, { x: 10, y: 0, width: 50, height: 10 })).toBe(1);
  expect(colorOf(half, { x: 40, y: 0, width: 5, height: 5 })).toBe(0);
});
