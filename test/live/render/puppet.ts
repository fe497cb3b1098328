import type { Picture } from '../../../service/inference/pictures/picture.ts';
import { delaunay } from './delaunay.ts';
import { drawingOf, drawTriangles, VERTEX } from './raster.ts';
import { rotation } from './sheet.ts';

/** What a puppet is made to do. Degrees, relative to the photograph. */
export interface Played {
  yaw?: number;
  pitch?: number;
  roll?: number;
  /** 0: as in the photograph; 1: closed. */
  lids?: number;
  /** Size relative to the photograph. */
  zoom?: number;
}

/** Upper and lower lid, point by point, of both eyes. */
// biome-ignore format: pairs
const lids: readonly (readonly [number, number])[] = [
  [246, 7], [161, 163], [160, 144], [159, 145], [158, 153], [157, 154], [173, 155],
  [466, 249], [388, 390], [387, 373], [386, 374], [385, 380], [384, 381], [398, 382],
];
const POINTS = 468;
/** Anchors on each side of the picture. */
const ANCHORS = 8;

/** One photograph of one person whose own face mesh is moved: the pictures of a puppet. */
export function createPuppet(photo: Picture, mesh: Float32Array): (played: Played) => Picture {
  const points: [number, number][] = [];
  for (let i = 0; i < POINTS; i++) points.push([mesh[3 * i]!, mesh[3 * i + 1]!]);
  for (let i = 0; i < ANCHORS; i++) {
    const along = i / ANCHORS;
    points.push([along * photo.width, 0], [photo.width, along * photo.height]);
    points.push([photo.width * (1 - along), photo.height], [0, photo.height * (1 - along)]);
  }
  const triangles = delaunay(points);
  // Between the ears, where a head turns.
  const pivot = [0, 1, 2].map((axis) => (mesh[3 * 234 + axis]! + mesh[3 * 454 + axis]!) / 2);

  return ({ yaw = 0, pitch = 0, roll = 0, lids: closed = 0, zoom = 1 }) => {
    const turn = rotation(yaw, pitch, roll);
    const moved = Float32Array.from(mesh);
    for (const [upper, lower] of lids)
      for (let axis = 0; axis < 3; axis++)
        moved[3 * upper + axis]! += closed * (mesh[3 * lower + axis]! - mesh[3 * upper + axis]!);
    const vertices = new Float64Array(VERTEX * points.length);
    const [cx, cy] = [photo.width / 2, photo.height / 2];
    for (const [i, [u, v]] of points.entries()) {
      let [x, y, z] = [u, v, 1e4];
      if (i < POINTS) {
        const [tx, ty, tz] = turn([
          moved[3 * i]! - pivot[0]!,
          moved[3 * i + 1]! - pivot[1]!,
          moved[3 * i + 2]! - pivot[2]!,
        ]);
        [x, y, z] = [tx + pivot[0]!, ty + pivot[1]!, tz];
      }
      vertices.set([cx + (x - cx) * zoom, cy + (y - cy) * zoom, z, u, v], VERTEX * i);
    }
    const drawing = drawingOf(photo);
    drawTriangles(drawing, photo, vertices, triangles);
    return drawing.picture;
  };
}
