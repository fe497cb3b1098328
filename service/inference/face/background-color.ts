import type { Box } from '../face.ts';
import type { Pyramid } from '../pictures/picture.ts';
import { linear } from './face-plane.ts';

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
