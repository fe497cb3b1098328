import { expect, test } from 'vitest';
import { affineScale, applyAffine, cropToPicture, invertAffine, mirrored } from './affine.ts';

test('a turned crop maps its corners clockwise on the screen', () => {
  const map = cropToPicture({ centre: { x: 100, y: 50 }, side: 40, angle: Math.PI / 2 }, 20);
  const corner = applyAffine(map, 0, 0);
  expect(corner.x).toBeCloseTo(120, 9);
  expect(corner.y).toBeCloseTo(30, 9);
  expect(applyAffine(map, 10, 10)).toEqual({ x: 100, y: 50 });
  expect(affineScale(map)).toBeCloseTo(2, 9);
});

test('an inverse undoes its map, and a flat map has none', () => {
  const map = [1.5, -0.4, 12, 0.4, 1.1, -7] as const;
  const { x, y } = applyAffine(map, 3, 9);
  const back = applyAffine(invertAffine(map), x, y);
  expect(back.x).toBeCloseTo(3, 9);
  expect(back.y).toBeCloseTo(9, 9);
  expect(() => invertAffine([1, 1, 0, 1, 1, 0])).toThrow(RangeError);
});

test('a mirrored map reads the chip from the right', () => {
  const map = [2, 0, 5, 0, 2, 6] as const;
  expect(applyAffine(mirrored(map, 64), 0, 3)).toEqual(applyAffine(map, 64, 3));
  expect(applyAffine(mirrored(map, 64), 64, 3)).toEqual(applyAffine(map, 0, 3));
});
