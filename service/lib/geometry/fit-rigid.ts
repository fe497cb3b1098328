/** Rotation (row-major 3×3), scale and what is left: q ≈ scale · R · p + shift. */
export interface RigidFit {
  rotation: Float64Array;
  scale: number;
  /** Root mean square distance left, in units of `to`. */
  residual: number;
}

/**
 * The rotation, scale and shift that brings `from` nearest to `to`, both x, y, z triples: Horn 1987 (unit quaternion, the
 * eigenvector of a symmetric 4×4 matrix), so never a reflection. Throws RangeError when `from` is a single point.
 */
export function fitRigid(from: ArrayLike<number>, to: ArrayLike<number>): RigidFit {
  const n = from.length / 3;
  const fromMean = mean(from);
  const toMean = mean(to);
  const m = new Float64Array(9);
  let fromSpread = 0;
  let toSpread = 0;
  for (let i = 0; i < n; i++) {
    for (let r = 0; r < 3; r++) {
      const p = from[3 * i + r]! - fromMean[r]!;
      fromSpread += p * p;
      toSpread += (to[3 * i + r]! - toMean[r]!) ** 2;
      for (let c = 0; c < 3; c++) m[3 * r + c]! += p * (to[3 * i + c]! - toMean[c]!);
    }
  }
  if (!(fromSpread > 0)) throw new RangeError('A rigid fit needs distinct points.');
  const [xx, xy, xz, yx, yy, yz, zx, zy, zz] = m as unknown as number[] as Nine;
  const { value, vector } = largestEigenvector(
    // biome-ignore format: a matrix
    Float64Array.of(
      xx + yy + zz, yz - zy, zx - xz, xy - yx,
      yz - zy, xx - yy - zz, xy + yx, zx + xz,
      zx - xz, xy + yx, yy - xx - zz, yz + zy,
      xy - yx, zx + xz, yz + zy, zz - xx - yy,
    ),
  );
  const scale = value / fromSpread;
  const left = toSpread - (value * value) / fromSpread;
  return { rotation: rotationOf(vector), scale, residual: Math.sqrt(Math.max(0, left) / n) };
}

type Nine = [number, number, number, number, number, number, number, number, number];

function mean(points: ArrayLike<number>): [number, number, number] {
  const n = points.length / 3;
  const sum: [number, number, number] = [0, 0, 0];
  for (let i = 0; i < points.length; i++) sum[i % 3]! += points[i]! / n;
  return sum;
}

function rotationOf([w, x, y, z]: [number, number, number, number]): Float64Array {
  // biome-ignore format: a matrix
  return Float64Array.of(
    w * w + x * x - y * y - z * z, 2 * (x * y - w * z), 2 * (x * z + w * y),
    2 * (x * y + w * z), w * w - x * x + y * y - z * z, 2 * (y * z - w * x),
    2 * (x * z - w * y), 2 * (y * z + w * x), w * w - x * x - y * y + z * z,
  );
}

/** Cyclic Jacobi on a symmetric 4×4 matrix, which it overwrites. */
function largestEigenvector(a: Float64Array): { value: number; vector: [number, number, number, number] } {
  const v = Float64Array.of(1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1);
  for (let sweep = 0; sweep < 24; sweep++) {
    let off = 0;
    let size = 0;
    for (let i = 0; i < 16; i++) {
      size += a[i]! ** 2;
      if (i % 5 !== 0) off += a[i]! ** 2;
    }
    if (off <= 1e-26 * size) break;
    for (let p = 0; p < 3; p++) for (let q = p + 1; q < 4; q++) rotate(a, v, p, q);
  }
  let best = 0;
  for (let i = 1; i < 4; i++) if (a[5 * i]! > a[5 * best]!) best = i;
  return { value: a[5 * best]!, vector: [v[best]!, v[4 + best]!, v[8 + best]!, v[12 + best]!] };
}

function rotate(a: Float64Array, v: Float64Array, p: number, q: number): void {
  const apq = a[4 * p + q]!;
  if (apq === 0) return;
  const theta = (a[5 * q]! - a[5 * p]!) / (2 * apq);
  const t = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
  const c = 1 / Math.sqrt(t * t + 1);
  const s = t * c;
  for (let k = 0; k < 4; k++) {
    const kp = a[4 * k + p]!;
    const kq = a[4 * k + q]!;
    a[4 * k + p] = c * kp - s * kq;
    a[4 * k + q] = s * kp + c * kq;
  }
  for (let k = 0; k < 4; k++) {
    const pk = a[4 * p + k]!;
    const qk = a[4 * q + k]!;
    a[4 * p + k] = c * pk - s * qk;
    a[4 * q + k] = s * pk + c * qk;
    const vp = v[4 * k + p]!;
    const vq = v[4 * k + q]!;
    v[4 * k + p] = c * vp - s * vq;
    v[4 * k + q] = s * vp + c * vq;
  }
}
