import type { Box, Pose, QualityMeasures } from '../face.ts';
import type { Picture, Pyramid } from '../pictures/picture.ts';
import { chipToPicture } from './embed-face.ts';
import { createWarp } from './warp.ts';

const SIZE = 150;
/** The chip that sharpness and light are measured on, whichever embedder is in use: dlib's five points, padded by a quarter. */
const chip = {
  landmarks: [263, 362, 33, 133, 2],
  template: [
    [0.8595675, 0.2134982],
    [0.6460605, 0.2289674],
    [0.1205751, 0.2137275],
    [0.3340851, 0.2290642],
    [0.4901123, 0.6277975],
  ] as [number, number][],
  padding: 0.25,
  mirror: false,
};
/** The unpadded chip: eyes to mouth, no background. */
const INNER = { from: 25, to: 125 };
const OVER = 0.97 * 255;
const UNDER = 0.03 * 255;

/** What the chip shows. */
type ChipMeasures = Pick<QualityMeasures, 'sharpness' | 'luminance' | 'overExposure' | 'underExposure'>;

export function createChipMeasures(): (pyramid: Pyramid, mesh: Float32Array) => ChipMeasures {
  const warp = createWarp({
    size: [SIZE, SIZE],
    layout: 'NHWC',
    colour: 'RGB',
    mean: [0, 0, 0],
    scale: [1, 1, 1],
    batch: false,
  });
  const colours = new Float32Array(SIZE * SIZE * 3);
  const grey = new Float32Array(SIZE * SIZE);
  return (pyramid, mesh) => {
    warp(pyramid, chipToPicture(chip, [SIZE, SIZE], mesh), colours, 0);
    for (let i = 0; i < grey.length; i++) {
      grey[i] = 0.299 * colours[3 * i]! + 0.587 * colours[3 * i + 1]! + 0.114 * colours[3 * i + 2]!;
    }
    return measure(grey);
  };
}

function measure(grey: Float32Array): ChipMeasures {
  let sum = 0;
  let over = 0;
  let under = 0;
  let edges = 0;
  let edgesSquared = 0;
  for (let y = INNER.from; y < INNER.to; y++) {
    for (let x = INNER.from; x < INNER.to; x++) {
      const at = y * SIZE + x;
      const value = grey[at]!;
      sum += value;
      if (value > OVER) over++;
      if (value < UNDER) under++;
      const edge = grey[at - 1]! + grey[at + 1]! + grey[at - SIZE]! + grey[at + SIZE]! - 4 * value;
      edges += edge;
      edgesSquared += edge * edge;
    }
  }
  const n = (INNER.to - INNER.from) ** 2;
  return {
    sharpness: edgesSquared / n - (edges / n) ** 2,
    luminance: sum / n / 255,
    overExposure: over / n,
    underExposure: under / n,
  };
}

/** Everything about the face that a check may judge. `box` and the distance are in pixels of the picture as sent. */
export function qualityOf(seen: {
  chip: ChipMeasures;
  box: Box;
  interEyeDistance: number;
  pose: Pose;
  eyesOpen: number;
  picture: { width: number; height: number };
}): QualityMeasures {
  const { box, picture } = seen;
  return {
    interEyeDistance: seen.interEyeDistance,
    ...seen.chip,
    pose: seen.pose,
    eyesOpen: seen.eyesOpen,
    margin:
      Math.min(box.x, box.y, picture.width - box.x - box.width, picture.height - box.y - box.height) /
      box.width,
    frameShare: box.width / picture.width,
  };
}

const MOIRE_SIZE = 32;
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
  if (width < MOIRE_SIZE || height < MOIRE_SIZE) return 0;
  const power = new Float64Array(MOIRE_SIZE * MOIRE_SIZE);
  const window = new Float32Array(MOIRE_SIZE * MOIRE_SIZE);
  const half = new Float32Array(MOIRE_SIZE * MOIRE_SIZE);
  const columns = Math.min(WINDOWS, Math.floor(width / MOIRE_SIZE));
  const rows = Math.min(WINDOWS, Math.floor(height / MOIRE_SIZE));
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
  count === 1 ? (length - MOIRE_SIZE) >> 1 : Math.floor((index * (length - MOIRE_SIZE)) / (count - 1));

function cut({ width, pixels }: Picture, x: number, y: number, window: Float32Array): void {
  for (let row = 0; row < MOIRE_SIZE; row++) {
    let at = ((y + row) * width + x) * 3;
    for (let column = 0; column < MOIRE_SIZE; column++, at += 3) {
      const luminance = 0.299 * pixels[at]! + 0.587 * pixels[at + 1]! + 0.114 * pixels[at + 2]!;
      window[row * MOIRE_SIZE + column] = luminance * TAPER[row]! * TAPER[column]!;
    }
  }
}

const TAPER = Float32Array.from(
  { length: MOIRE_SIZE },
  (_, i) => Math.sin((Math.PI * (i + 0.5)) / MOIRE_SIZE) ** 2,
);
const COSINE = Float32Array.from({ length: MOIRE_SIZE * MOIRE_SIZE }, (_, i) =>
  Math.cos((Math.PI * Math.floor(i / MOIRE_SIZE) * ((i % MOIRE_SIZE) + 0.5)) / MOIRE_SIZE),
);

/** Adds the squared two-dimensional DCT-II of `window`. */
function addPower(window: Float32Array, half: Float32Array, power: Float64Array): void {
  for (let row = 0; row < MOIRE_SIZE; row++) {
    for (let u = 0; u < MOIRE_SIZE; u++) {
      let sum = 0;
      for (let x = 0; x < MOIRE_SIZE; x++) sum += window[row * MOIRE_SIZE + x]! * COSINE[u * MOIRE_SIZE + x]!;
      half[row * MOIRE_SIZE + u] = sum;
    }
  }
  for (let v = 0; v < MOIRE_SIZE; v++) {
    for (let u = 0; u < MOIRE_SIZE; u++) {
      let sum = 0;
      for (let y = 0; y < MOIRE_SIZE; y++) sum += half[y * MOIRE_SIZE + u]! * COSINE[v * MOIRE_SIZE + y]!;
      power[v * MOIRE_SIZE + u]! += sum * sum;
    }
  }
}

function strongestPeak(power: Float64Array): number {
  const rings: number[][] = [];
  for (let v = 0; v < MOIRE_SIZE; v++) {
    for (let u = 0; u < MOIRE_SIZE; u++) {
      const radius = Math.round(Math.hypot(u, v));
      if (radius < FROM || radius >= MOIRE_SIZE || u % 8 === 0 || v % 8 === 0) continue;
      rings[radius] ??= [];
      rings[radius].push(power[v * MOIRE_SIZE + u]!);
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
