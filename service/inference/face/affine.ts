/**
 * A map of the plane, `[a, b, c, d, e, f]`: (x, y) -> (a·x + b·y + c, d·x + e·y + f). Coordinates are continuous:
 * pixel i covers [i, i + 1) and its centre is i + 0.5.
 */
export type Affine = readonly [number, number, number, number, number, number];

export interface Point {
  x: number;
  y: number;
}

export function applyAffine(map: Affine, x: number, y: number): Point {
  return { x: map[0] * x + map[1] * y + map[2], y: map[3] * x + map[4] * y + map[5] };
}

/** The map that undoes `map`. Throws RangeError when there is none. */
export function invertAffine(map: Affine): Affine {
  const [a, b, c, d, e, f] = map;
  const determinant = a * e - b * d;
  if (!Number.isFinite(1 / determinant)) throw new RangeError('The map has no inverse.');
  const [p, q, r, s] = [e / determinant, -b / determinant, -d / determinant, a / determinant];
  return [p, q, -(p * c + q * f), r, s, -(r * c + s * f)];
}

/** How many source pixels one step of `map` spans: the square root of its area factor. */
export const affineScale = (map: Affine): number => Math.sqrt(Math.abs(map[0] * map[4] - map[1] * map[3]));

/** Square of the picture, turned by `angle` radians (clockwise on the screen) about its centre. */
export interface SquareCrop {
  centre: Point;
  /** Pixels of the picture. */
  side: number;
  angle: number;
}

/** From a chip of `size` pixels a side to the picture. */
export function cropToPicture(crop: SquareCrop, size: number): Affine {
  const scale = crop.side / size;
  const cos = Math.cos(crop.angle) * scale;
  const sin = Math.sin(crop.angle) * scale;
  const half = size / 2;
  return [
    cos,
    -sin,
    crop.centre.x - cos * half + sin * half,
    sin,
    cos,
    crop.centre.y - sin * half - cos * half,
  ];
}

/** `map` on the left-right mirror image of a chip of `width` pixels. */
export const mirrored = ([a, b, c, d, e, f]: Affine, width: number): Affine => [
  -a,
  b,
  c + a * width,
  -d,
  e,
  f + d * width,
];

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
