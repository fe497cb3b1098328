import type { Detection } from './detection.ts';

const STRIDES = [
  { stride: 16, perCell: 2 },
  { stride: 32, perCell: 6 },
];
const VALUES = 16;

/** Anchor centres in pixels of a square input, x and y in turn: first all of stride 16, then all of stride 32. */
function anchorCentres(size: number): Float32Array {
  const centres: number[] = [];
  for (const { stride, perCell } of STRIDES) {
    const cells = size / stride;
    for (let y = 0; y < cells; y++) {
      for (let x = 0; x < cells; x++) {
        for (let i = 0; i < perCell; i++) centres.push((x + 0.5) * stride, (y + 0.5) * stride);
      }
    }
  }
  return Float32Array.from(centres);
}

/**
 * Reads BlazeFace's outputs: one logit and 16 values per anchor (box centre and size, then six key points, all relative to
 * the anchor's centre in input pixels). Detections are in input pixels, `threshold` 0..1 and more.
 */
export function createBlazefaceDecoder(size: number, threshold: number) {
  const anchors = anchorCentres(size);
  const least = Math.log(threshold / (1 - threshold));
  return (scores: Float32Array, boxes: Float32Array): Detection[] => {
    if (scores.length * 2 !== anchors.length || boxes.length !== scores.length * VALUES) {
      throw new Error(`A BlazeFace of ${size} pixels answered ${scores.length} anchors.`);
    }
    const found: Detection[] = [];
    for (let i = 0; i < scores.length; i++) {
      if (!(scores[i]! >= least)) continue;
      const at = i * VALUES;
      const x = anchors[2 * i]!;
      const y = anchors[2 * i + 1]!;
      const width = boxes[at + 2]!;
      const height = boxes[at + 3]!;
      if (!(width > 0 && height > 0)) continue;
      found.push({
        box: { x: x + boxes[at]! - width / 2, y: y + boxes[at + 1]! - height / 2, width, height },
        score: 1 / (1 + Math.exp(-scores[i]!)),
        eyes: [
          { x: x + boxes[at + 4]!, y: y + boxes[at + 5]! },
          { x: x + boxes[at + 6]!, y: y + boxes[at + 7]! },
        ],
      });
    }
    return found;
  };
}
