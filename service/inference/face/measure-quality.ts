import type { Box, Pose, QualityMeasures } from '../face.ts';
import type { Pyramid } from '../pictures/picture.ts';
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
export type ChipMeasures = Pick<
  QualityMeasures,
  'sharpness' | 'luminance' | 'overExposure' | 'underExposure'
>;

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
