import fc from 'fast-check';
import { expect, test } from 'vitest';
import { livingHead } from '../../../../test/support/heads.ts';
import { leastSquares } from '../../../lib/geometry/least-squares.ts';
import { homographyResidual, nonRigidSpread, stablePoints } from './motion-index.ts';

const [first] = livingHead(1);

/** Rotated about all axes, scaled and shifted: the same head elsewhere. */
function moved(mesh: Float32Array, [a, b, c]: [number, number, number], scale: number): Float32Array {
  return mesh.map((_, i) => {
    const p = i - (i % 3);
    const [x, y, z] = [mesh[p]! - 320, mesh[p + 1]! - 240, mesh[p + 2]!];
    const [x1, z1] = [x * Math.cos(a) - z * Math.sin(a), x * Math.sin(a) + z * Math.cos(a)];
    const [y2, z2] = [y * Math.cos(b) - z1 * Math.sin(b), y * Math.sin(b) + z1 * Math.cos(b)];
    const turned = [x1 * Math.cos(c) - y2 * Math.sin(c), x1 * Math.sin(c) + y2 * Math.cos(c), z2];
    return scale * turned[i % 3]! + 100;
  });
}

test('a rigid movement of the head, near or far, is no spread', () => {
  const angle = fc.double({ min: -0.2, max: 0.2, noNaN: true });
  const size = fc.double({ min: 0.7, max: 1.4, noNaN: true });
  fc.assert(
    fc.property(fc.tuple(angle, angle, angle), size, (angles, scale) => {
      expect(nonRigidSpread([first!.mesh, moved(first!.mesh, angles, scale)])).toBeLessThan(1e-5);
    }),
    { numRuns: 30 },
  );
});

test('a plane picture that is turned leaves no residual, a head does', () => {
  const plane = first!.mesh.map((value, i) => (i % 3 === 2 ? 0 : value));
  expect(homographyResidual(plane, moved(plane, [0.3, 0.2, 0.1], 1.1))).toBeLessThan(1e-5);
  expect(homographyResidual(first!.mesh, moved(first!.mesh, [0.3, 0, 0], 1))).toBeGreaterThan(0.005);
});

test('least squares finds what the rows determine and nothing otherwise', () => {
  const solved = leastSquares(2, [
    [[1, 1], 3],
    [[1, -1], 1],
    [[2, 1], 5],
  ]);
  expect([...solved!]).toEqual([expect.closeTo(2, 9), expect.closeTo(1, 9)]);
  expect(leastSquares(2, [[[1, 1], 3]])).toBeUndefined();
});

test('every point is a point of the mesh', () => {
  expect(new Set(stablePoints).size).toBe(stablePoints.length);
  for (const point of stablePoints) expect(point).toBeLessThan(468);
});
