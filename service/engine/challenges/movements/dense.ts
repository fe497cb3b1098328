import { GAP, type Trace } from './trace.ts';

/** Milliseconds between two places of a movement at which another one is tried. */
export const GRID = 25;
/** Milliseconds by which the cameras' moments may differ: what moves fast then differs more. */
const UNSURE = 17;

/** A movement between its frames, at every place of a grid. */
export interface Dense {
  began: number;
  width: number;
  /** 1 where the movement was seen around the place. */
  seen: Uint8Array;
  values: Float32Array;
  /** One over the square of what a number may differ by. */
  weights: Float32Array;
}

export function denseOf({ at, moments }: Trace): Dense {
  const began = at[0] ?? 0;
  const width = moments[0]?.length ?? 0;
  const count = at.length < 2 ? 0 : Math.floor((at.at(-1)! - began) / GRID) + 1;
  const dense: Dense = {
    began,
    width,
    seen: new Uint8Array(count),
    values: new Float32Array(count * width),
    weights: new Float32Array(count * width),
  };
  for (let place = 0, i = 0; place < count; place++) {
    const time = began + place * GRID;
    while (i + 2 < at.length && at[i + 1]! <= time) i++;
    const span = at[i + 1]! - at[i]!;
    if (span > GAP) continue;
    dense.seen[place] = 1;
    const share = (time - at[i]!) / span;
    for (let d = 0; d < width; d++) {
      const [a, b] = [moments[i]![d]!, moments[i + 1]![d]!];
      dense.values[place * width + d] = a + share * (b - a);
      dense.weights[place * width + d] = 1 / (1 + ((b - a) * (UNSURE / span)) ** 2);
    }
  }
  return dense;
}
