import type { ModelEntry } from '../models/manifest.ts';
import type { Picture, Pyramid } from '../pictures/picture.ts';
import { type Affine, affineScale } from './affine.ts';

/** Writes one model input: the crop that `toPicture` (chip -> picture) cuts out, normalized, at `offset` of `into`. */
export type Warp = (pyramid: Pyramid, toPicture: Affine, into: Float32Array, offset: number) => void;

const { imul } = Math;
const BITS = 11;
const ONE = 1 << BITS;

/**
 * The warp for a model's input as the manifest states it, bilinear; precomputes what does not depend on the picture.
 * On the pyramid level nearest to the chip's resolution, black outside.
 */
export function createWarp(input: ModelEntry['input']): Warp {
  const [width, height] = input.size;
  const to = placement(input);
  return (pyramid, toPicture, into, offset) => {
    const index = pyramidLevel(affineScale(toPicture), pyramid.depth);
    const source = pyramid.level(index);
    const shrink = 1 / 2 ** index;
    const line: Line = { x: 0, y: 0, dx: toPicture[0] * shrink, dy: toPicture[3] * shrink };
    for (let row = 0; row < height; row++) {
      // the centre of the row's first chip pixel, in source pixel centres
      line.x = (toPicture[0] * 0.5 + toPicture[1] * (row + 0.5) + toPicture[2]) * shrink - 0.5;
      line.y = (toPicture[3] * 0.5 + toPicture[4] * (row + 0.5) + toPicture[5]) * shrink - 0.5;
      const first = Math.max(
        0,
        insideFrom(line.x, line.dx, source.width),
        insideFrom(line.y, line.dy, source.height),
      );
      const end = Math.min(
        width,
        insideTo(line.x, line.dx, source.width),
        insideTo(line.y, line.dy, source.height),
      );
      const at = offset + row * width * to.step;
      if (end <= first) {
        fillAtEdge(source, line, into, at, to, 0, width);
        continue;
      }
      fillAtEdge(source, line, into, at, to, 0, first);
      fillInside(source, line, into, at, to, first, end);
      fillAtEdge(source, line, into, at, to, end, width);
    }
  };
}

/** Where a chip's row lies in the source: its first pixel's centre and the way to the next. */
interface Line {
  x: number;
  y: number;
  dx: number;
  dy: number;
}

/** Where a chip pixel goes and how it is normalized: value · mul + add. */
interface Placement {
  step: number;
  red: Channel;
  green: Channel;
  blue: Channel;
}

interface Channel {
  at: number;
  mul: number;
  add: number;
}

export function placement({ size, layout, colour, mean, scale }: ModelEntry['input']): Placement {
  const planar = layout === 'NCHW';
  const plane = planar ? size[0] * size[1] : 1;
  const channel = (index: 0 | 1 | 2): Channel => ({
    at: index * plane,
    mul: 1 / scale[index],
    add: -mean[index] / scale[index],
  });
  const [red, blue] = colour === 'RGB' ? ([0, 2] as const) : ([2, 0] as const);
  return { step: planar ? 1 : 3, red: channel(red), green: channel(1), blue: channel(blue) };
}

/**
 * Chip columns `first` to `end`, whose neighbours all lie inside. In whole numbers of 1/2048 and with everything in locals:
 * floating point costs half as much again, and so do properties read in the loop.
 */
function fillInside(
  { width, pixels }: Picture,
  { x, y, dx, dy }: Line,
  into: Float32Array,
  at: number,
  { step, red, green, blue }: Placement,
  first: number,
  end: number,
): void {
  const stride = width * 3;
  const [redMul, redAdd] = [red.mul / ONE, red.add];
  const [greenMul, greenAdd] = [green.mul / ONE, green.add];
  const [blueMul, blueAdd] = [blue.mul / ONE, blue.add];
  let redAt = at + first * step + red.at;
  let greenAt = at + first * step + green.at;
  let blueAt = at + first * step + blue.at;
  const [stepX, stepY] = [dx * ONE, dy * ONE];
  let exactX = (x + first * dx) * ONE;
  let exactY = (y + first * dy) * ONE;
  for (let column = first; column < end; column++) {
    const sx = exactX | 0;
    const sy = exactY | 0;
    const fx = sx & (ONE - 1);
    const fy = sy & (ONE - 1);
    const p = (imul(sy >> BITS, stride) + imul(sx >> BITS, 3)) | 0;
    const q = (p + stride) | 0;
    const w11 = imul(fx, fy) >> BITS;
    const w10 = (fy - w11) | 0;
    const w01 = (fx - w11) | 0;
    const w00 = (ONE - fx - w10) | 0;
    into[redAt] =
      ((imul(w00, pixels[p]!) +
        imul(w01, pixels[p + 3]!) +
        imul(w10, pixels[q]!) +
        imul(w11, pixels[q + 3]!)) |
        0) *
        redMul +
      redAdd;
    into[greenAt] =
      ((imul(w00, pixels[p + 1]!) +
        imul(w01, pixels[p + 4]!) +
        imul(w10, pixels[q + 1]!) +
        imul(w11, pixels[q + 4]!)) |
        0) *
        greenMul +
      greenAdd;
    into[blueAt] =
      ((imul(w00, pixels[p + 2]!) +
        imul(w01, pixels[p + 5]!) +
        imul(w10, pixels[q + 2]!) +
        imul(w11, pixels[q + 5]!)) |
        0) *
        blueMul +
      blueAdd;
    redAt += step;
    greenAt += step;
    blueAt += step;
    exactX += stepX;
    exactY += stepY;
  }
}

function fillAtEdge(
  source: Picture,
  { x, y, dx, dy }: Line,
  into: Float32Array,
  at: number,
  { step, red, green, blue }: Placement,
  first: number,
  end: number,
): void {
  for (let column = first; column < end; column++) {
    const sx = x + column * dx;
    const sy = y + column * dy;
    const pixel = at + column * step;
    into[pixel + red.at] = sampleBlack(source, sx, sy, 0) * red.mul + red.add;
    into[pixel + green.at] = sampleBlack(source, sx, sy, 1) * green.mul + green.add;
    into[pixel + blue.at] = sampleBlack(source, sx, sy, 2) * blue.mul + blue.add;
  }
}

/** The level on which one chip pixel spans 0.75 to 1.5 pixels, where bilinear sampling neither aliases nor blurs. */
export const pyramidLevel = (scale: number, depth: number): number =>
  Math.min(depth, Math.max(0, Math.ceil(Math.log2(scale / 1.5))));

/** The level on which one chip pixel spans one to two pixels; nothing is enlarged that need not be. */
export const finePyramidLevel = (scale: number, depth: number): number =>
  Math.min(depth, Math.max(0, Math.floor(Math.log2(scale))));

// Chip columns whose four neighbours all lie inside the picture; a hair of slack absorbs rounding.
const SLACK = 1e-6;

function insideFrom(start: number, step: number, size: number): number {
  const low = SLACK;
  const high = size - 1 - SLACK;
  if (step > 0) return Math.ceil((low - start) / step);
  if (step < 0) return Math.ceil((high - start) / step);
  return start >= low && start <= high ? 0 : Number.POSITIVE_INFINITY;
}

function insideTo(start: number, step: number, size: number): number {
  const low = SLACK;
  const high = size - 1 - SLACK;
  if (step > 0) return Math.floor((high - start) / step) + 1;
  if (step < 0) return Math.floor((low - start) / step) + 1;
  return start >= low && start <= high ? Number.POSITIVE_INFINITY : 0;
}

/** Bilinear with black beyond the edge. */
function sampleBlack({ width, height, pixels }: Picture, x: number, y: number, channel: number): number {
  const ix = Math.floor(x);
  const iy = Math.floor(y);
  if (ix < -1 || iy < -1 || ix >= width || iy >= height) return 0;
  const fx = x - ix;
  const fy = y - iy;
  let sum = 0;
  for (let j = 0; j < 2; j++) {
    for (let i = 0; i < 2; i++) {
      if (ix + i < 0 || iy + j < 0 || ix + i >= width || iy + j >= height) continue;
      sum +=
        pixels[((iy + j) * width + ix + i) * 3 + channel]! *
        (i === 0 ? 1 - fx : fx) *
        (j === 0 ? 1 - fy : fy);
    }
  }
  return sum;
}

/**
 * The left-right mirror image of a chip that lies at `offset` of `data`, written behind it (a batch of two).
 * Same input as the warp that made it.
 */
export function appendMirrorImage(input: ModelEntry['input'], data: Float32Array, offset: number): void {
  const [width, height] = input.size;
  const length = width * height * 3;
  if (input.layout === 'NCHW') {
    data.copyWithin(offset + length, offset, offset + length);
    for (let row = 0; row < 3 * height; row++) {
      const start = offset + length + row * width;
      data.subarray(start, start + width).reverse();
    }
    return;
  }
  for (let row = 0; row < height; row++) {
    const from = offset + row * width * 3;
    const to = from + length + (width - 1) * 3;
    for (let i = 0; i < width; i++) {
      for (let c = 0; c < 3; c++) data[to - 3 * i + c] = data[from + 3 * i + c]!;
    }
  }
}

/**
 * The chip at the start of `data`, written at `offset` with the upper `share` of its rows replaced by the mean of each channel. Same input
 * as the warp that made it.
 */
export function appendBlankedChip(
  { size: [width, height], layout }: ModelEntry['input'],
  data: Float32Array,
  offset: number,
  share: number,
): void {
  const plane = width * height;
  data.copyWithin(offset, 0, 3 * plane);
  const blanked = Math.floor(share * height) * width;
  const [step, next] = layout === 'NCHW' ? [1, plane] : [3, 1];
  for (let channel = 0; channel < 3; channel++) {
    const start = offset + channel * next;
    let sum = 0;
    for (let i = 0; i < plane; i++) sum += data[start + i * step]!;
    for (let i = 0; i < blanked; i++) data[start + i * step] = sum / plane;
  }
}
