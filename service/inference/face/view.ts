import type { Box } from '../face.ts';
import type { DecodedPicture, PictureHeader } from '../pictures/decode-picture.ts';
import { createPyramid, type Pyramid } from '../pictures/picture.ts';
import type { Detection } from './detection.ts';

/** Side of the surroundings over the face box: more than the widest PAD crop. */
const FINE_SIDE = 6;

/** Decoded pixels with their halves. */
export interface View extends DecodedPicture {
  pyramid: Pyramid;
}

export const viewOf = (decoded: DecodedPicture): View => ({
  ...decoded,
  pyramid: createPyramid(decoded.picture),
});

/** In pixels of the upright picture. */
export const upright = (view: View, box: Box): Box => ({
  x: view.left + box.x * view.scale,
  y: view.top + box.y * view.scale,
  width: box.width * view.scale,
  height: box.height * view.scale,
});

/** A detection in another view of the same picture. */
export function inView(to: View, from: View, { box, score, eyes }: Detection): Detection {
  const shrink = from.scale / to.scale;
  const x = (value: number) => (from.left + value * from.scale - to.left) / to.scale;
  const y = (value: number) => (from.top + value * from.scale - to.top) / to.scale;
  return {
    box: { x: x(box.x), y: y(box.y), width: box.width * shrink, height: box.height * shrink },
    score,
    eyes: [
      { x: x(eyes[0].x), y: y(eyes[0].y) },
      { x: x(eyes[1].x), y: y(eyes[1].y) },
    ],
  };
}

/** Whole pixels around a face, inside the picture. */
export function surroundings(box: Box, { width, height }: PictureHeader): Box {
  const half = (Math.max(box.width, box.height) * FINE_SIDE) / 2;
  const left = Math.max(0, Math.floor(box.x + box.width / 2 - half));
  const top = Math.max(0, Math.floor(box.y + box.height / 2 - half));
  return {
    x: left,
    y: top,
    width: Math.min(width, Math.ceil(box.x + box.width / 2 + half)) - left,
    height: Math.min(height, Math.ceil(box.y + box.height / 2 + half)) - top,
  };
}

export function meshUpright(view: View, mesh: Float32Array): Float32Array {
  const shift = [view.left, view.top, 0] as const;
  return mesh.map((value, i) => value * view.scale + shift[i % 3]!);
}
