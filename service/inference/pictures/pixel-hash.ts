import { createHash } from 'node:crypto';
import type { Picture } from './picture.ts';

/** SHA-256 of a picture's sides and pixels. */
export interface PixelHashes {
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
