import type { Box } from '../face.ts';
import type { Picture } from '../pictures/picture.ts';

const SIZE = 32;
const WINDOWS = 4;
/** Frequencies below this belong to the face. */
const FROM = 6;

/**
 * Experimental: how much one frequency sticks out of the face's spectrum, 0..1, as the grid of a screen does. Mean power of
 * the 32×32 DCT of up to 16 windows on the box at the picture's own resolution; the largest ratio of a coefficient to the
 * median of its ring, from 4 (0) to 60 (1) on a logarithmic scale. Coefficients that JPEG's 8-pixel blocks excite are left out.
 * Such signals distinguish cameras, not attacks (LIVENESS.md §4), so this one never counts.
 */
export function moireSignal(picture: Picture, box: Box): number {
  const left = Math.max(0, Math.floor(box.x));
  const top = Math.max(0, Math.floor(box.y));
  const width = Math.min(picture.width, Math.ceil(box.x + box.width)) - left;
  const height = Math.min(picture.height, Math.ceil(box.y + box.height)) - top;
  if (width < SIZE || height < SIZE) return 0;
  const power = new Float64Array(SIZE * SIZE);
  const window = new Float32Array(SIZE * SIZE);
  const half = new Float32Array(SIZE * SIZE);
  const columns = Math.min(WINDOWS, Math.floor(width / SIZE));
  const rows = Math.min(WINDOWS, Math.floor(height / SIZE));
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const x = left + place(column, columns, width);
      const y = top + place(row, rows, height);
      cut(picture, x, y, window);
      addPower(window, half, power);
    }
  }
  return unit(Math.log(strongestPeak(power) / 4) / Math.log(60 / 4));
}

const unit = (value: number): number => Math.min(1, Math.max(0, value));

/** Start of window `index` of `count`, spread evenly over `length`. */
const place = (index: number, count: number, length: number): number =>
  count === 1 ? (length - SIZE) >> 1 : Math.floor((index * (length - SIZE)) / (count - 1));

function cut({ width, pixels }: Picture, x: number, y: number, window: Float32Array): void {
  for (let row = 0; row < SIZE; row++) {
    let at = ((y + row) * width + x) * 3;
    for (let column = 0; column < SIZE; column++, at += 3) {
      const luminance = 0.299 * pixels[at]! + 0.587 * pixels[at + 1]! + 0.114 * pixels[at + 2]!;
      window[row * SIZE + column] = luminance * TAPER[row]! * TAPER[column]!;
    }
  }
}

const TAPER = Float32Array.from({ length: SIZE }, (_, i) => Math.sin((Math.PI * (i + 0.5)) / SIZE) ** 2);
const COSINE = Float32Array.from({ length: SIZE * SIZE }, (_, i) =>
  Math.cos((Math.PI * Math.floor(i / SIZE) * ((i % SIZE) + 0.5)) / SIZE),
);

/** Adds the squared two-dimensional DCT-II of `window`. */
function addPower(window: Float32Array, half: Float32Array, power: Float64Array): void {
  for (let row = 0; row < SIZE; row++) {
    for (let u = 0; u < SIZE; u++) {
      let sum = 0;
      for (let x = 0; x < SIZE; x++) sum += window[row * SIZE + x]! * COSINE[u * SIZE + x]!;
      half[row * SIZE + u] = sum;
    }
  }
  for (let v = 0; v < SIZE; v++) {
    for (let u = 0; u < SIZE; u++) {
      let sum = 0;
      for (let y = 0; y < SIZE; y++) sum += half[y * SIZE + u]! * COSINE[v * SIZE + y]!;
      power[v * SIZE + u]! += sum * sum;
    }
  }
}

function strongestPeak(power: Float64Array): number {
  const rings: number[][] = [];
  for (let v = 0; v < SIZE; v++) {
    for (let u = 0; u < SIZE; u++) {
      const radius = Math.round(Math.hypot(u, v));
      if (radius < FROM || radius >= SIZE || u % 8 === 0 || v % 8 === 0) continue;
      rings[radius] ??= [];
      rings[radius].push(power[v * SIZE + u]!);
    }
  }
  let strongest = 0;
  for (const ring of rings) {
    if (!ring || ring.length < 5) continue;
    ring.sort((a, b) => a - b);
    const median = ring[ring.length >> 1]!;
    // flat windows have no spectrum to stick out of
    if (median > 1e-3) strongest = Math.max(strongest, ring.at(-1)! / median);
  }
  return strongest;
}
