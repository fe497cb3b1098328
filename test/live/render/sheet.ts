import type { Box } from '../../../service/inference/face.ts';
import type { Picture } from '../../../service/inference/pictures/picture.ts';
import { drawingOf, drawTriangles, VERTEX } from './raster.ts';

/** How a sheet of paper (or a screen) with a face on it is held. Lengths in widths of the face on it; angles in degrees. */
export interface Held {
  /** Radius of the cylinder that the sheet is bent to, around an upright axis; absent for a flat one. */
  bend?: number;
  yaw?: number;
  pitch?: number;
  roll?: number;
  /** From the camera to the sheet. */
  distance?: number;
  /** Width of the face over that of the frame, as long as the sheet is `distance` away. */
  share?: number;
  x?: number;
  y?: number;
}

/** Rows and columns of the sheet that is drawn. */
const GRID = 48;
/** Of a bent sheet's half, radians: farther round it faces away. */
const MOST_ROUND = 1.45;

/** A frame of `side` pixels in which the camera sees a sheet with `photo` on it before `background`. */
export function frameOfSheet(photo: Picture, face: Box, background: Picture, held: Held): Picture {
  const { bend, yaw = 0, pitch = 0, roll = 0, distance = 4, share = 0.36, x = 0, y = 0 } = held;
  const side = background.width;
  const centre = { x: face.x + face.width / 2, y: face.y + face.height / 2 };
  const focus = share * side * 4;
  // turned about the middle of the bent sheet, as by two hands at its edges
  const pivot = bend === undefined ? 0 : bend * 0.5;
  const turn = rotation(yaw, pitch, roll);
  const vertices = new Float64Array(VERTEX * (GRID + 1) ** 2);
  for (let row = 0; row <= GRID; row++) {
    for (let column = 0; column <= GRID; column++) {
      const [u, v] = [(column / GRID) * photo.width, (row / GRID) * photo.height];
      const [s, t] = [(u - centre.x) / face.width, (v - centre.y) / face.width];
      const round = bend === undefined ? 0 : Math.min(MOST_ROUND, Math.max(-MOST_ROUND, s / bend));
      const flat = [
        bend === undefined ? s : bend * Math.sin(round),
        t,
        (bend === undefined ? 0 : bend * (1 - Math.cos(round))) - pivot,
      ] as const;
      const [px, py, pz] = turn(flat);
      const far = pz + pivot + distance;
      vertices.set(
        [side / 2 + (focus * (px + x)) / far, side / 2 + (focus * (py + y)) / far, far, u, v],
        VERTEX * (row * (GRID + 1) + column),
      );
    }
  }
  const drawing = drawingOf(background);
  drawTriangles(drawing, photo, vertices, gridTriangles());
  return drawing.picture;
}

function gridTriangles(): number[] {
  const triangles: number[] = [];
  for (let row = 0; row < GRID; row++) {
    for (let column = 0; column < GRID; column++) {
      const a = row * (GRID + 1) + column;
      const b = a + GRID + 1;
      triangles.push(a, a + 1, b, a + 1, b + 1, b);
    }
  }
  return triangles;
}

type Point = readonly [number, number, number];

/** x to the right, y down, z away from the camera. yaw > 0 turns what faces the camera towards the right of the picture. */
export function rotation(yaw: number, pitch: number, roll: number): (point: Point) => Point {
  const [a, b, c] = [yaw, pitch, roll].map((degrees) => (degrees * Math.PI) / 180) as [
    number,
    number,
    number,
  ];
  return ([x, y, z]) => {
    const [x1, z1] = [x * Math.cos(a) - z * Math.sin(a), x * Math.sin(a) + z * Math.cos(a)];
    const [y2, z2] = [y * Math.cos(b) - z1 * Math.sin(b), y * Math.sin(b) + z1 * Math.cos(b)];
    return [x1 * Math.cos(c) - y2 * Math.sin(c), x1 * Math.sin(c) + y2 * Math.cos(c), z2];
  };
}
