import { defined } from '../../lib/defined.ts';
import type { Box, ChallengeMeasures } from '../face.ts';
import type { Pyramid } from '../pictures/picture.ts';
import { meanHead, rigidResidual } from './face-landmarks.ts';
import type { View } from './view.ts';

/** Built when first asked for: most workers of most boxes never judge a challenge. */
export function createChallengeMeasures(): (view: View, box: Box, mesh: Float32Array) => ChallengeMeasures {
  let plane: ReturnType<typeof createFacePlane> | undefined;
  return ({ pyramid }, box, mesh) => {
    plane ??= createFacePlane();
    const { texture, skin } = plane(pyramid, mesh);
    return {
      rigidResidual: rigidResidual(mesh),
      texture,
      skin,
      ...defined({ background: backgroundColor(pyramid, box) }),
    };
  };
}

/** Side of the plane in pixels, and in outer-eye distances; its middle is that of the mean head's eyes. */
const PLANE_SIDE = 80;
const SPAN = 1.2;
/** Gaussian widths of the band-pass, in pixels of the plane (LIVENESS.md §2). */
const FINE = 3;
const COARSE = 40;

/** The stable points joined in the frontal plane (Delaunay). */
// biome-ignore format: seven a row
const triangles: readonly (readonly [number, number, number])[] = [
  [362, 9, 337], [33, 234, 127], [33, 21, 69], [362, 197, 6], [103, 67, 69], [338, 337, 10], [299, 332, 284],
  [299, 362, 337], [338, 299, 337], [251, 299, 284], [133, 101, 33], [133, 33, 69], [197, 133, 6], [337, 151, 10],
  [9, 151, 337], [362, 8, 9], [8, 133, 9], [54, 103, 69], [21, 54, 69], [162, 33, 127], [162, 21, 33],
  [280, 425, 330], [425, 280, 323], [280, 454, 323], [358, 4, 5], [327, 358, 425], [327, 4, 358], [425, 266, 330],
  [266, 358, 330], [358, 266, 425], [234, 50, 93], [50, 234, 33], [101, 50, 33], [67, 109, 69], [299, 297, 332],
  [297, 299, 338], [108, 133, 69], [133, 108, 9], [108, 151, 9], [109, 108, 69], [151, 108, 10], [108, 109, 10],
  [133, 195, 101], [195, 133, 197], [195, 197, 362], [195, 362, 330], [358, 195, 330], [195, 358, 5], [168, 362, 6],
  [168, 8, 362], [133, 168, 6], [8, 168, 133], [299, 263, 362], [263, 389, 356], [263, 299, 251], [389, 263, 251],
  [362, 263, 330], [454, 263, 356], [263, 280, 330], [280, 263, 454], [1, 327, 2], [327, 1, 4], [98, 1, 2],
  [1, 98, 4], [205, 50, 101], [50, 205, 93], [36, 205, 101], [205, 129, 98], [36, 129, 205], [4, 129, 5],
  [98, 129, 4], [129, 36, 101], [129, 195, 5], [195, 129, 101],
];

/** What the frontal plane of the mean head shows of a face. */
interface FacePlane {
  /** Band-passed luminance of the skin, row by row, of mean 0; 0 too at eyes, mouth, outer cheeks and beyond the face. */
  texture: Float32Array;
  /** Mean of the skin's linear red, green and blue, 0..1. */
  skin: [number, number, number];
}

/** One pixel of skin: where it is in the plane, and its place among three mesh points. */
interface PlanePixel {
  at: number;
  points: readonly [number, number, number];
  weights: readonly [number, number, number];
}

/** Unwraps a face into the frontal plane, triangle by triangle. */
export function createFacePlane(): (pyramid: Pyramid, mesh: Float32Array) => FacePlane {
  const pixels = skinPixels();
  const [fine, coarse] = [createBlur(pixels, FINE), createBlur(pixels, COARSE)];
  const luminance = new Float32Array(PLANE_SIDE * PLANE_SIDE);
  return (pyramid, mesh) => {
    const skin: FacePlane['skin'] = [0, 0, 0];
    const level = levelFor(pyramid, mesh);
    const { width, height, pixels: source } = pyramid.level(level);
    const shrink = 1 / 2 ** level;
    for (const { at, points, weights } of pixels) {
      let [x, y] = [0, 0];
      for (let i = 0; i < 3; i++) {
        x += weights[i]! * mesh[3 * points[i]!]!;
        y += weights[i]! * mesh[3 * points[i]! + 1]!;
      }
      const px = Math.min(width - 1.001, Math.max(0, x * shrink - 0.5));
      const py = Math.min(height - 1.001, Math.max(0, y * shrink - 0.5));
      const from = (Math.trunc(py) * width + Math.trunc(px)) * 3;
      const [fx, fy] = [px % 1, py % 1];
      let grey = 0;
      for (let c = 0; c < 3; c++) {
        const top = source[from + c]! * (1 - fx) + source[from + 3 + c]! * fx;
        const below = from + 3 * width + c;
        const value = top * (1 - fy) + (source[below]! * (1 - fx) + source[below + 3]! * fx) * fy;
        grey += LUMA[c]! * value;
        skin[c]! += linear(value) / pixels.length;
      }
      luminance[at] = grey;
    }
    const smooth = fine(luminance);
    const shade = coarse(luminance);
    let mean = 0;
    for (const { at } of pixels) {
      smooth[at]! -= shade[at]!;
      mean += smooth[at]! / pixels.length;
    }
    for (const { at } of pixels) smooth[at]! -= mean;
    return { texture: smooth, skin };
  };
}

const LUMA = [0.299, 0.587, 0.114] as const;

/** Of an sRGB value 0..255. */
const linear = (value: number): number => {
  const share = value / 255;
  return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
};

/** The level on which a pixel of the plane spans about one pixel. */
function levelFor(pyramid: Pyramid, mesh: Float32Array): number {
  const eyes = Math.hypot(mesh[3 * 263]! - mesh[3 * 33]!, mesh[3 * 263 + 1]! - mesh[3 * 33 + 1]!);
  const scale = (eyes * SPAN) / PLANE_SIDE;
  return Math.min(pyramid.depth - 1, Math.max(0, Math.round(Math.log2(Math.max(scale, 1)))));
}

/** Skin that keeps its place: inside the triangles, without eyes and outer cheeks (the mouth lies below the plane). */
function skinPixels(): PlanePixel[] {
  const places = new Map(meanHead.map(([point, x, y]) => [point, [x, y] as const]));
  const found: PlanePixel[] = [];
  for (let row = 0; row < PLANE_SIDE; row++) {
    for (let column = 0; column < PLANE_SIDE; column++) {
      const x = ((column + 0.5) / PLANE_SIDE - 0.5) * SPAN;
      const y = ((row + 0.5) / PLANE_SIDE - 0.5) * SPAN;
      if (Math.abs(x) > OUTER_CHEEK || isEye(x, y) || y > ABOVE_MOUTH) continue;
      for (const points of triangles) {
        const weights = barycentric([x, y], points.map((point) => places.get(point)!) as Corners);
        if (!weights) continue;
        found.push({ at: row * PLANE_SIDE + column, points, weights });
        break;
      }
    }
  }
  return found;
}

const OUTER_CHEEK = 0.5;
const ABOVE_MOUTH = 0.5;
const isEye = (x: number, y: number) => ((Math.abs(x) - 0.345) / 0.2) ** 2 + (y / 0.13) ** 2 < 1;

type Point = readonly [number, number];
type Corners = [Point, Point, Point];

/** Undefined outside the triangle. */
function barycentric([x, y]: Point, [a, b, c]: Corners): [number, number, number] | undefined {
  const area = (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
  const u = ((b[0] - x) * (c[1] - y) - (b[1] - y) * (c[0] - x)) / area;
  const v = ((c[0] - x) * (a[1] - y) - (c[1] - y) * (a[0] - x)) / area;
  const w = 1 - u - v;
  return u >= 0 && v >= 0 && w >= 0 ? [u, v, w] : undefined;
}

/** Gaussian mean over skin alone: what is no skin has no weight. */
function createBlur(pixels: readonly PlanePixel[], sigma: number): (values: Float32Array) => Float32Array {
  const reach = Math.min(PLANE_SIDE - 1, Math.ceil(3 * sigma));
  const kernel = Float32Array.from({ length: reach + 1 }, (_, i) => Math.exp((-i * i) / (2 * sigma * sigma)));
  const mask = new Float32Array(PLANE_SIDE * PLANE_SIDE);
  for (const { at } of pixels) mask[at] = 1;
  const weight = spread(mask, kernel);
  return (values) => {
    const out = spread(values, kernel);
    for (let i = 0; i < out.length; i++) out[i] = mask[i] === 1 ? out[i]! / weight[i]! : 0;
    return out;
  };
}

/** Rows, then columns. */
function spread(values: Float32Array, kernel: Float32Array): Float32Array {
  let from = values;
  for (const [along, across] of [
    [1, PLANE_SIDE],
    [PLANE_SIDE, 1],
  ] as const) {
    const to = new Float32Array(values.length);
    for (let line = 0; line < PLANE_SIDE; line++) {
      for (let place = 0; place < PLANE_SIDE; place++) {
        const value = from[line * across + place * along]!;
        if (value === 0) continue;
        const first = Math.max(0, place - kernel.length + 1);
        const last = Math.min(PLANE_SIDE - 1, place + kernel.length - 1);
        for (let i = first; i <= last; i++)
          to[line * across + i * along]! += value * kernel[Math.abs(i - place)]!;
      }
    }
    from = to;
  }
  return from;
}

/** Pixels of the longer side that are averaged; more do not improve the mean. */
const SIDE = 80;
/** Face widths and heights around the box that may still be hair, ears, neck. */
const AROUND = 0.4;

/**
 * Mean of the linear red, green and blue of what is beside and above the head, 0..1; what is below belongs to the person. Undefined
 * where the head fills the picture.
 */
export function backgroundColor(pyramid: Pyramid, box: Box): [number, number, number] | undefined {
  const { width: whole, height: tall } = pyramid.level(0);
  const level = Math.min(pyramid.depth, Math.max(0, Math.ceil(Math.log2(Math.max(whole, tall) / SIDE))));
  const { width, height, pixels } = pyramid.level(level);
  const shrink = 1 / 2 ** level;
  const left = (box.x - AROUND * box.width) * shrink;
  const right = (box.x + (1 + AROUND) * box.width) * shrink;
  const top = (box.y - AROUND * box.height) * shrink;
  const chin = (box.y + box.height) * shrink;
  const sum: [number, number, number] = [0, 0, 0];
  let count = 0;
  for (let y = 0; y < Math.min(height, chin); y++) {
    for (let x = 0; x < width; x++) {
      if (y > top && x > left && x < right) continue;
      const at = (y * width + x) * 3;
      for (let c = 0; c < 3; c++) sum[c]! += linear(pixels[at + c]!);
      count++;
    }
  }
  return count === 0 ? undefined : (sum.map((value) => value / count) as [number, number, number]);
}
