import type { SeenFrame } from '../seen-frame.ts';

/** Milliseconds between two moments beyond which the movement between them was not seen. */
export const GAP = 350;

/**
 * What one frame shows of the movement of head and face, each in units of its own noise: two readings of one picture, compressed in
 * different ways, differ by about 1. None of it depends on the place, size or angle of the face in the picture, on light or color.
 */
export type Moment = readonly number[];

/** Movement of a face over an attempt: numbers, no picture can be made of them. */
export interface Trace {
  /** Milliseconds, rising; of a whole frame. */
  at: readonly number[];
  moments: readonly Moment[];
}

/** Of two readings of the same picture (docs/LIVENESS.md); degrees, then shares of the distance between the eyes. */
const NOISE = { yaw: 0.35, pitch: 0.4, eyes: 0.015, lips: 0.008, mouth: 0.012, brows: 0.006 } as const;

/** Mesh points: inner lips, corners of the mouth, brow and upper lid of each eye. */
const LIPS = [13, 14] as const;
const MOUTH = [61, 291] as const;
const BROWS = [
  [105, 159],
  [334, 386],
] as const;

export function momentOf({ pose, eyesOpen, eyeDistance, mesh }: SeenFrame): Moment {
  const length = ([a, b]: readonly [number, number]) =>
    Math.hypot(
      mesh[3 * a]! - mesh[3 * b]!,
      mesh[3 * a + 1]! - mesh[3 * b + 1]!,
      mesh[3 * a + 2]! - mesh[3 * b + 2]!,
    ) / eyeDistance;
  return [
    pose.yaw / NOISE.yaw,
    pose.pitch / NOISE.pitch,
    eyesOpen / NOISE.eyes,
    length(LIPS) / NOISE.lips,
    length(MOUTH) / NOISE.mouth,
    (length(BROWS[0]) + length(BROWS[1])) / 2 / NOISE.brows,
  ];
}
