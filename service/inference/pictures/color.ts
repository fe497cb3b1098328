import type { Box } from '../face.ts';
import type { Picture } from './picture.ts';

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
