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

/** As a picture that is mirrored shows it. */
export const mirrored = ({ at, moments }: Trace): Trace => ({
  at,
  moments: moments.map(([yaw = 0, ...others]) => [-yaw, ...others]),
});

/** Parts of a unit of noise that are kept. */
const FINE = 8;
const FORMAT = 1;
const MOST = 0x7fff;

/** Format, numbers of a moment, then for each frame the milliseconds since the one before and its numbers; 16 bits each. */
export function packTrace({ at, moments }: Trace): Uint8Array {
  const width = moments[0]?.length ?? 0;
  const view = new DataView(new ArrayBuffer(2 + 2 * at.length * (1 + width)));
  view.setUint8(0, FORMAT);
  view.setUint8(1, width);
  for (let i = 0, place = 2; i < at.length; i++) {
    const since = i === 0 ? 0 : at[i]! - at[i - 1]!;
    view.setUint16(place, Math.min(0xffff, Math.max(0, Math.round(since))));
    place += 2;
    for (const value of moments[i]!) {
      view.setInt16(place, Math.min(MOST, Math.max(-MOST, Math.round(value * FINE))));
      place += 2;
    }
  }
  return new Uint8Array(view.buffer);
}

/** Undefined for what an older or newer version packed: it cannot be compared. */
export function readTrace(packed: Uint8Array): Trace | undefined {
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
  if (packed.length < 2 || view.getUint8(0) !== FORMAT) return undefined;
  const width = view.getUint8(1);
  const at: number[] = [];
  const moments: number[][] = [];
  for (let place = 2, time = 0; place + 2 * (1 + width) <= packed.length; place += 2 * (1 + width)) {
    time += view.getUint16(place);
    at.push(time);
    moments.push(Array.from({ length: width }, (_, d) => view.getInt16(place + 2 * (d + 1)) / FINE));
  }
  return { at, moments };
}
