import type { Box, FollowedFace } from '../face.ts';
import type { Detection } from './detection.ts';
import { EYE_CORNERS, type LandmarkReader, type Landmarks, meshPoint } from './face-landmarks.ts';
import type { View } from './view.ts';

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
