import { createHash } from 'node:crypto';
import sharp from 'sharp';
import type { Box } from '../face.ts';

/** Upright 8-bit sRGB pixels, three bytes each, row by row without padding. */
export interface Picture {
  width: number;
  height: number;
  pixels: Uint8Array;
}

/** A picture and its successive halves, made when first asked for: what a crop samples without aliasing. */
export type Pyramid = ReturnType<typeof createPyramid>;

export function createPyramid(picture: Picture) {
  const levels = [picture];
  const depth = Math.floor(Math.log2(Math.min(picture.width, picture.height)));
  return {
    /** The deepest level. */
    depth,
    /** Level 0 is the picture; each next one has half the sides (rounded down, at least 1). */
    level(index: number): Picture {
      while (levels.length <= index) levels.push(halve(levels.at(-1)!));
      return levels[index]!;
    },
  };
}

function halve({ width, height, pixels }: Picture): Picture {
  const w = Math.max(1, width >> 1);
  const h = Math.max(1, height >> 1);
  const out = new Uint8Array(w * h * 3);
  const stride = width * 3;
  let to = 0;
  for (let y = 0; y < h; y++) {
    let from = 2 * y * stride;
    for (let x = 0; x < w; x++, from += 6, to += 3) {
      const below = from + stride;
      out[to] = (pixels[from]! + pixels[from + 3]! + pixels[below]! + pixels[below + 3]! + 2) >> 2;
      out[to + 1] =
        (pixels[from + 1]! + pixels[from + 4]! + pixels[below + 1]! + pixels[below + 4]! + 2) >> 2;
      out[to + 2] =
        (pixels[from + 2]! + pixels[from + 5]! + pixels[below + 2]! + pixels[below + 5]! + 2) >> 2;
    }
  }
  return { width: w, height: h, pixels: out };
}

/** Pixels sampled in each direction; more do not improve the result. */
const STEPS = 64;

/** Mean over the box of the largest channel less the smallest, 0..1: 0 in a black and white picture. */
export function colorOf({ width, height, pixels }: Picture, box: Box): number {
  const left = Math.max(0, Math.floor(box.x));
  const top = Math.max(0, Math.floor(box.y));
  const right = Math.min(width, Math.ceil(box.x + box.width));
  const bottom = Math.min(height, Math.ceil(box.y + box.height));
  const stepX = Math.max(1, Math.floor((right - left) / STEPS));
  const stepY = Math.max(1, Math.floor((bottom - top) / STEPS));
  let sum = 0;
  let count = 0;
  for (let y = top; y < bottom; y += stepY) {
    for (let x = left; x < right; x += stepX) {
      const at = (y * width + x) * 3;
      const [red, green, blue] = [pixels[at]!, pixels[at + 1]!, pixels[at + 2]!];
      sum += Math.max(red, green, blue) - Math.min(red, green, blue);
      count += 1;
    }
  }
  return count === 0 ? 0 : sum / count / 255;
}

/** Side of the square over the longer side of the face box: head and hair, little of the room. */
const SURROUNDINGS = 1.8;
const LONGEST_SIDE = 480;
const QUALITY = 85;

/** The face cut out of the picture, as a JPEG of at most 480 pixels a side without metadata. */
export async function portraitOf({ pixels, width, height }: Picture, face: Box): Promise<Uint8Array> {
  const half = (Math.max(face.width, face.height) * SURROUNDINGS) / 2;
  const [x, y] = [face.x + face.width / 2, face.y + face.height / 2];
  const left = Math.min(width - 1, Math.max(0, Math.floor(x - half)));
  const top = Math.min(height - 1, Math.max(0, Math.floor(y - half)));
  const jpeg = await sharp(pixels, { raw: { width, height, channels: 3 } })
    .extract({
      left,
      top,
      width: Math.max(1, Math.min(width, Math.ceil(x + half)) - left),
      height: Math.max(1, Math.min(height, Math.ceil(y + half)) - top),
    })
    .resize({ width: LONGEST_SIDE, height: LONGEST_SIDE, fit: 'inside', withoutEnlargement: true })
    .jpeg({ quality: QUALITY })
    .toBuffer();
  return new Uint8Array(jpeg);
}

/** SHA-256 of a picture's sides and pixels. */
interface PixelHashes {
  /** Of that of the picture's four turns that comes first, so that all of them have the same. */
  pixelHash: string;
  /** Of the pixels as sent, as earlier releases kept it; absent where it is the same. */
  sentHash?: string;
}

/** A turn as a walk over the pixels: the first one, and the steps to the next column and the next row. */
interface Walk {
  width: number;
  height: number;
  start: number;
  column: number;
  row: number;
}

export function hashPixels(picture: Picture): PixelHashes {
  const { width, height, pixels } = picture;
  const last = width * height - 1;
  const asSent: Walk = { width, height, start: 0, column: 1, row: width };
  const halfTurn: Walk = { width, height, start: last, column: -1, row: -width };
  const clockwise: Walk = { width: height, height: width, start: last + 1 - width, column: -width, row: 1 };
  const back: Walk = { width: height, height: width, start: width - 1, column: width, row: -1 };
  const turns = [
    ...(width >= height ? [asSent, halfTurn] : []),
    ...(height >= width ? [clockwise, back] : []),
  ];
  const first = turns.reduce((best, turn) => (comesBefore(pixels, turn, best) ? turn : best));
  const sentHash = hash(picture);
  return first === asSent ? { pixelHash: sentHash } : { pixelHash: hash(walked(pixels, first)), sentHash };
}

/** Turns of the same sides, by the first byte in which they differ. */
function comesBefore(pixels: Uint8Array, a: Walk, b: Walk): boolean {
  for (let y = 0; y < a.height; y++)
    for (let x = 0; x < a.width; x++) {
      const inA = 3 * (a.start + x * a.column + y * a.row);
      const inB = 3 * (b.start + x * b.column + y * b.row);
      for (let channel = 0; channel < 3; channel++) {
        const difference = pixels[inA + channel]! - pixels[inB + channel]!;
        if (difference !== 0) return difference < 0;
      }
    }
  return false;
}

function walked(pixels: Uint8Array, { width, height, start, column, row }: Walk): Picture {
  const turned = new Uint8Array(pixels.length);
  let to = 0;
  for (let y = 0; y < height; y++) {
    let from = 3 * (start + y * row);
    for (let x = 0; x < width; x++, from += 3 * column) {
      turned[to++] = pixels[from]!;
      turned[to++] = pixels[from + 1]!;
      turned[to++] = pixels[from + 2]!;
    }
  }
  return { width, height, pixels: turned };
}

const hash = ({ width, height, pixels }: Picture): string =>
  createHash('sha256').update(`${width}x${height}:`).update(pixels).digest('hex');
