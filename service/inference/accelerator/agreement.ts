import type { ModelEntry } from '../models/manifest.ts';

type Outputs = Record<string, Float32Array>;
type Size = readonly [number, number];

/** How far an answer may be from the CPU's on the same input. */
interface Bound {
  as: 'logit' | 'probability' | 'points' | 'direction';
  most: number;
}

/**
 * By decoder and output (docs/MODELS.md, "On a GPU", has the reasons). `logit`: difference of two logits, over their size where that is more than 1.
 * `probability`: difference. `points`: difference of coordinates, in pixels of the input (of YuNet in cells). `direction`: 1 less the cosine of each picture.
 */
const bounds: Record<ModelEntry['decoder'], Record<string, Bound>> = {
  blazeface: { scores: { as: 'logit', most: 0.01 }, boxes: { as: 'points', most: 0.1 } },
  yunet: {
    cls: { as: 'probability', most: 0.002 },
    obj: { as: 'probability', most: 0.002 },
    bbox: { as: 'points', most: 0.01 },
    kps: { as: 'points', most: 0.01 },
  },
  facemesh: { mesh: { as: 'points', most: 0.1 }, flag: { as: 'probability', most: 0.002 } },
  iris: { contour: { as: 'points', most: 0.1 } },
  embedding: { embedding: { as: 'direction', most: 0.0001 } },
  minifasnet: { live: { as: 'probability', most: 0.002 } },
};

/** Of one output: the largest difference, and the largest that is allowed. */
export interface Difference {
  output: string;
  most: number;
  allowed: number;
}

/** Compares what a net answered to `batch` pictures. A value that is not finite differs infinitely. */
export const differences = (
  { decoder, outputs }: ModelEntry,
  expected: Outputs,
  found: Outputs,
  batch: number,
): Difference[] =>
  Object.keys(outputs).map((output) => {
    // YuNet has each output three times: `cls_8`, `cls_16`, `cls_32`.
    const bound = bounds[decoder][output.replace(/_\d+$/, '')];
    if (!bound) throw new Error(`There is no bound for the output ${output} of ${decoder}.`);
    const [a, b] = [expected[output]!, found[output]!];
    const most = a.length === b.length ? farthest(bound.as, a, b, batch) : Number.POSITIVE_INFINITY;
    return { output, most: Number.isNaN(most) ? Number.POSITIVE_INFINITY : most, allowed: bound.most };
  });

/** Of outputs that differ too much, one sentence; undefined where all agree. */
export function disagreement(found: readonly Difference[]): string | undefined {
  const too = found.filter(({ most, allowed }) => !(most <= allowed));
  if (too.length === 0) return undefined;
  const each = too.map(
    ({ output, most, allowed }) => `${output} by ${most.toPrecision(2)} (at most ${allowed})`,
  );
  return `its answers differ from those of the CPU: ${each.join(', ')}`;
}

function farthest(as: Bound['as'], a: Float32Array, b: Float32Array, batch: number): number {
  if (as === 'direction') {
    const length = a.length / batch;
    const each = Array.from({ length: batch }, (_, i) => {
      const part = (of: Float32Array) => of.subarray(i * length, (i + 1) * length);
      return 1 - cosine(part(a), part(b));
    });
    return Math.max(...each);
  }
  let most = 0;
  for (let i = 0; i < a.length; i++) {
    const distance = Math.abs(a[i]! - b[i]!) / (as === 'logit' ? Math.max(1, Math.abs(a[i]!)) : 1);
    if (!(distance <= most)) most = distance;
    if (Number.isNaN(distance)) return distance;
  }
  return most;
}

export function cosine(a: Float32Array, b: Float32Array): number {
  let [dot, aa, bb] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    dot += a[i]! * b[i]!;
    aa += a[i]! ** 2;
    bb += b[i]! ** 2;
  }
  return dot / Math.sqrt(aa * bb);
}

/**
 * `batch` pictures that are the same at every call, each of them another one: a face drawn of spots, mixed with stripes. On photographs of people the
 * nets work at such values too (the detector and the face flag find the first ones), so that a difference is not hidden where an output is 0 or 1 anyway.
 */
export function fixedInput(
  { input }: ModelEntry,
  batch: number,
  [width, height]: Size = input.size,
): Float32Array {
  const { layout, colour, mean, scale } = input;
  const data = new Float32Array(batch * width * height * 3);
  for (let k = 0; k < batch; k++)
    for (let y = 0; y < height; y++)
      for (let x = 0; x < width; x++)
        for (let c = 0; c < 3; c++) {
          const at =
            layout === 'NCHW'
              ? ((k * 3 + c) * height + y) * width + x
              : ((k * height + y) * width + x) * 3 + c;
          const value = drawn((x + 0.5) / width, (y + 0.5) / height, colour === 'BGR' ? 2 - c : c, k);
          data[at] = (value - mean[c]!) / scale[c]!;
        }
  return data;
}

/** 1 in the middle, 0 far away. */
const spot = (u: number, v: number, across: number, down: number, width: number, height: number): number =>
  Math.exp(-(((u - across) / width) ** 2) - ((v - down) / height) ** 2);

/** Red, green or blue (`c` 0 to 2) at a place of the picture with the number `k`, 0..255. */
function drawn(u: number, v: number, c: number, k: number): number {
  const head = 1 / (1 + Math.exp(40 * (((u - 0.5) / 0.3) ** 2 + ((v - 0.52) / 0.4) ** 2 - 1)));
  let value = head * [205, 160, 135][c]! * (1 - ((u - 0.5) / 0.6) ** 2) + (1 - head) * [90, 110, 130][c]!;
  for (const eye of [0.37, 0.63]) {
    value -= 60 * spot(u, v, eye, 0.42, 0.085, 0.022) + 70 * spot(u, v, eye, 0.385, 0.09, 0.014);
    value += 70 * spot(u, v, eye, 0.455, 0.055, 0.022) - 150 * spot(u, v, eye, 0.455, 0.022, 0.022);
  }
  value += 25 * spot(u, v, 0.5, 0.53, 0.025, 0.09) - 35 * spot(u, v, 0.5, 0.6, 0.05, 0.02);
  value -= [60, 90, 80][c]! * spot(u, v, 0.5, 0.72, 0.11, 0.022);
  const stripes =
    127 + 70 * Math.sin(2 * Math.PI * ((2 + (k % 5)) * u + 3 * v) + c) + 50 * Math.sin(40 * u - (25 + k) * v);
  const mixed = (k % 4) / 4 + k / 100;
  return Math.min(255, Math.max(0, value * (1 - mixed) + stripes * mixed));
}
