import type { Affine, Point } from './affine.ts';

/**
 * The rotation, scale and shift (no shear, no reflection) that brings `from` nearest to `to` in the least-squares
 * sense: Umeyama 1991 in the plane, where it has a closed form over complex numbers. Throws RangeError for fewer than
 * two distinct points.
 */
export function fitSimilarity(from: readonly Point[], to: readonly Point[]): Affine {
  const n = from.length;
  let fromX = 0;
  let fromY = 0;
  let toX = 0;
  let toY = 0;
  for (let i = 0; i < n; i++) {
    fromX += from[i]!.x / n;
    fromY += from[i]!.y / n;
    toX += to[i]!.x / n;
    toY += to[i]!.y / n;
  }
  let spread = 0;
  let along = 0;
  let across = 0;
  for (let i = 0; i < n; i++) {
    const px = from[i]!.x - fromX;
    const py = from[i]!.y - fromY;
    const qx = to[i]!.x - toX;
    const qy = to[i]!.y - toY;
    spread += px * px + py * py;
    along += px * qx + py * qy;
    across += px * qy - py * qx;
  }
  if (!(spread > 0)) throw new RangeError('A similarity needs two distinct points.');
  const cos = along / spread;
  const sin = across / spread;
  return [cos, -sin, toX - cos * fromX + sin * fromY, sin, cos, toY - sin * fromX - cos * fromY];
}
