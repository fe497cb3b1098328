import type { Picture } from '../../../service/inference/pictures/picture.ts';

/** Numbers of a vertex: x, y in pixels of the drawing, depth (more is farther away), u, v in pixels of the texture. */
export const VERTEX = 5;

/** What is drawn on: the pixels, and the depth of each. */
export interface Drawing {
  picture: Picture;
  depth: Float32Array;
}

export function drawingOf(background: Picture): Drawing {
  const depth = new Float32Array(background.width * background.height).fill(Number.POSITIVE_INFINITY);
  return { picture: { ...background, pixels: Uint8Array.from(background.pixels) }, depth };
}

/** Draws textured triangles, the nearest pixel on top; the texture is bilinear and ends at its edge. */
export function drawTriangles(
  into: Drawing,
  texture: Picture,
  vertices: Float64Array,
  triangles: ArrayLike<number>,
): void {
  for (let t = 0; t < triangles.length; t += 3)
    drawTriangle(
      into,
      texture,
      vertices,
      VERTEX * triangles[t]!,
      VERTEX * triangles[t + 1]!,
      VERTEX * triangles[t + 2]!,
    );
}

function drawTriangle(
  { picture, depth }: Drawing,
  texture: Picture,
  v: Float64Array,
  a: number,
  b: number,
  c: number,
): void {
  const [ax, ay, bx, by, cx, cy] = [v[a]!, v[a + 1]!, v[b]!, v[b + 1]!, v[c]!, v[c + 1]!];
  const area = (bx - ax) * (cy - ay) - (cx - ax) * (by - ay);
  if (Math.abs(area) < 1e-9) return;
  const left = Math.max(0, Math.floor(Math.min(ax, bx, cx)));
  const right = Math.min(picture.width - 1, Math.ceil(Math.max(ax, bx, cx)));
  const top = Math.max(0, Math.floor(Math.min(ay, by, cy)));
  const bottom = Math.min(picture.height - 1, Math.ceil(Math.max(ay, by, cy)));
  for (let y = top; y <= bottom; y++) {
    for (let x = left; x <= right; x++) {
      const [px, py] = [x + 0.5, y + 0.5];
      const wa = ((bx - px) * (cy - py) - (cx - px) * (by - py)) / area;
      const wb = ((cx - px) * (ay - py) - (ax - px) * (cy - py)) / area;
      const wc = 1 - wa - wb;
      if (wa < -1e-6 || wb < -1e-6 || wc < -1e-6) continue;
      const far = wa * v[a + 2]! + wb * v[b + 2]! + wc * v[c + 2]!;
      const at = y * picture.width + x;
      if (far >= depth[at]!) continue;
      depth[at] = far;
      sample(
        texture,
        wa * v[a + 3]! + wb * v[b + 3]! + wc * v[c + 3]!,
        wa * v[a + 4]! + wb * v[b + 4]! + wc * v[c + 4]!,
        picture.pixels,
        3 * at,
      );
    }
  }
}

/** Bilinear; pixel i covers [i, i + 1). */
function sample(
  { width, height, pixels }: Picture,
  u: number,
  v: number,
  into: Uint8Array,
  at: number,
): void {
  const x = Math.min(width - 1.001, Math.max(0, u - 0.5));
  const y = Math.min(height - 1.001, Math.max(0, v - 0.5));
  const [ix, iy] = [Math.floor(x), Math.floor(y)];
  const [fx, fy] = [x - ix, y - iy];
  const from = 3 * (iy * width + ix);
  const below = from + 3 * width;
  for (let channel = 0; channel < 3; channel++)
    into[at + channel] =
      (pixels[from + channel]! * (1 - fx) + pixels[from + 3 + channel]! * fx) * (1 - fy) +
      (pixels[below + channel]! * (1 - fx) + pixels[below + 3 + channel]! * fx) * fy +
      0.5;
}
