import type { Box, FollowedFace } from '../face.ts';
import type { DecodedPicture, PictureHeader } from '../pictures/decode-picture.ts';
import { createPyramid, type Pyramid } from '../pictures/picture.ts';
import type { Detection } from './detection.ts';
import { EYE_CORNERS, type LandmarkReader, type Landmarks, meshPoint } from './face-landmarks.ts';

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

/** The face of the frame before, where it is now; undefined when it is there no more, or the frame was reduced. */
export async function followFace(
  reader: Pick<LandmarkReader, 'refine'>,
  view: View,
  before: FollowedFace,
): Promise<{ view: View; detection: Detection; landmarks: Landmarks }[] | undefined> {
  if (view.scale !== 1) return undefined;
  const landmarks = await reader.refine(view.pyramid, before);
  if (!landmarks.present) return undefined;
  const { mesh, presence } = landmarks;
  const eyes = [eyeOf(mesh, EYE_CORNERS.left), eyeOf(mesh, EYE_CORNERS.right)] as const;
  return [{ view, detection: { box: movedBox(before, mesh), score: presence, eyes }, landmarks }];
}

function eyeOf(mesh: Float32Array, [outer, inner]: readonly [number, number]) {
  const [a, b] = [meshPoint(mesh, outer), meshPoint(mesh, inner)];
  return { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 };
}

/** The detector's box, moved and resized as the landmarks were. */
function movedBox({ box, mesh }: FollowedFace, now: Float32Array): Box {
  const [from, to] = [extentOf(mesh), extentOf(now)];
  const scale = to.width / from.width;
  const [width, height] = [box.width * scale, box.height * scale];
  const [x, y] = [box.x + box.width / 2 - from.x, box.y + box.height / 2 - from.y];
  return { x: to.x + x * scale - width / 2, y: to.y + y * scale - height / 2, width, height };
}

/** Centre and width of all points. */
function extentOf(mesh: Float32Array): { x: number; y: number; width: number } {
  let [left, right, top, bottom] = [Infinity, -Infinity, Infinity, -Infinity];
  for (let i = 0; i < mesh.length; i += 3) {
    left = Math.min(left, mesh[i]!);
    right = Math.max(right, mesh[i]!);
    top = Math.min(top, mesh[i + 1]!);
    bottom = Math.max(bottom, mesh[i + 1]!);
  }
  return { x: (left + right) / 2, y: (top + bottom) / 2, width: right - left };
}
