import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fitRigid } from './fit-rigid.ts';

const shape = [0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 1, 1, 1, -1, 2, 0.5];

/** Turns about x, then y, then z. */
function rotation(x: number, y: number, z: number): number[] {
  const [a, b, c] = [Math.cos(x), Math.cos(y), Math.cos(z)];
  const [s, t, u] = [Math.sin(x), Math.sin(y), Math.sin(z)];
  // biome-ignore format: a matrix
  return [
    c * b, c * t * s - u * a, c * t * a + u * s,
    u * b, u * t * s + c * a, u * t * a - c * s,
    -t, b * s, b * a,
  ];
}

const moved = (r: number[], scale: number, shift: number[]): number[] =>
  Array.from({ length: shape.length }, (_, i) => {
    const point = i - (i % 3);
    const row = 3 * (i % 3);
    return (
      scale * (r[row]! * shape[point]! + r[row + 1]! * shape[point + 1]! + r[row + 2]! * shape[point + 2]!) +
      shift[i % 3]!
    );
  });

const angle = fc.double({ min: -3.1, max: 3.1, noNaN: true });

test('recovers any rotation, scale and shift', () => {
  fc.assert(
    fc.property(
      angle,
      angle,
      angle,
      fc.double({ min: 0.01, max: 500, noNaN: true }),
      fc.array(fc.double({ min: -999, max: 999, noNaN: true }), { minLength: 3, maxLength: 3 }),
      (x, y, z, scale, shift) => {
        const r = rotation(x, y, z);
        const fit = fitRigid(shape, moved(r, scale, shift));
        for (const [i, value] of r.entries()) expect(fit.rotation[i]).toBeCloseTo(value, 5);
        expect(fit.scale / scale).toBeCloseTo(1, 6);
        expect(fit.residual / scale).toBeLessThan(1e-4);
      },
    ),
  );
});

test('a mirror image is not a rotation: a residual is left', () => {
  const mirror = shape.map((value, i) => (i % 3 === 0 ? -value : value));
  const { rotation: r, residual } = fitRigid(shape, mirror);
  const determinant =
    r[0]! * (r[4]! * r[8]! - r[5]! * r[7]!) -
    r[1]! * (r[3]! * r[8]! - r[5]! * r[6]!) +
    r[2]! * (r[3]! * r[7]! - r[4]! * r[6]!);
  expect(determinant).toBeCloseTo(1, 9);
  expect(residual).toBeGreaterThan(0.1);
});

test('a single point cannot be fitted', () => {
  expect(() => fitRigid([1, 2, 3, 1, 2, 3], [1, 2, 3, 4, 5, 6])).toThrow(RangeError);
});
