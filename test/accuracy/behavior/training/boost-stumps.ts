import { createSeededDraws } from './seeded-draws.ts';

export type Stump = [input: number, threshold: number, low: number, high: number];

export interface BoostOptions {
  rounds?: number;
  rate?: number;
  /** Share of the inputs that a round may choose from, drawn anew each time: so that no few inputs carry everything. */
  share?: number;
  /** Which may be chosen, by their place in a row; without it all. */
  inputs?: readonly number[];
  /** One for each row; without them all rows weigh the same. */
  weights?: Float64Array;
}

/** Of each input: enough to place a threshold, few enough to be quick. */
const MOST_THRESHOLDS = 63;
/** Against leaves of a few examples: in mean weights. */
const RIDGE = 5;
const SMALLEST_LEAF = 0.01;

/**
 * Boosted stumps by Newton steps on the logistic loss. The same examples give the same stumps: chance is seeded. Each round takes the
 * input and the threshold that explain most of what is left.
 */
export function boostStumps(
  rows: readonly (readonly number[])[],
  isHuman: readonly boolean[],
  {
    rounds = 150,
    rate = 0.15,
    share = 1,
    inputs: allowed = (rows[0] ?? []).map((_, input) => input),
    weights = new Float64Array(rows.length).fill(1),
  }: BoostOptions = {},
): { bias: number; stumps: Stump[] } {
  const labels = Uint8Array.from(isHuman, Number);
  const normal = normalized(weights);
  const width = rows[0]?.length ?? 0;
  const inputs = Array.from({ length: width }, (_, input) =>
    toBins(Float64Array.from(rows, (row) => row[input]!)),
  );
  const bias = startOf(labels, normal);
  const z = new Float64Array(labels.length).fill(bias);
  const slopes = new Float64Array(labels.length);
  const curvatures = new Float64Array(labels.length);
  const stumps: Stump[] = [];
  const draw = drawing(allowed, Math.max(1, Math.floor(share * allowed.length)));
  for (let round = 0; round < rounds; round++) {
    for (let i = 0; i < z.length; i++) {
      const p = 1 / (1 + Math.exp(-z[i]!));
      slopes[i] = normal[i]! * (labels[i]! - p);
      curvatures[i] = normal[i]! * p * (1 - p);
    }
    const best = bestSplit(inputs, draw(), slopes, curvatures);
    if (best === undefined) {
      if (share === 1) break;
      continue;
    }
    const { input, bin, left, right } = best;
    const { bins, thresholds } = inputs[input]!;
    for (let i = 0; i < z.length; i++) z[i]! += rate * (bins[i]! <= bin ? left : right);
    stumps.push([input, thresholds[bin]!, rate * left, rate * right]);
  }
  return { bias, stumps };
}

interface Binned {
  bins: Uint8Array;
  /** Value at or below which an example is in a bin up to that index. */
  thresholds: number[];
}

function toBins(column: Float64Array): Binned {
  const sorted = column.toSorted();
  const thresholds: number[] = [];
  for (let k = 1; k <= MOST_THRESHOLDS; k++) {
    const at = Math.floor((k * sorted.length) / (MOST_THRESHOLDS + 1));
    const [below, above] = [sorted[at - 1] ?? Number.NaN, sorted[at] ?? Number.NaN];
    const middle = (below + above) / 2;
    if (below < above && middle > (thresholds.at(-1) ?? Number.NEGATIVE_INFINITY)) thresholds.push(middle);
  }
  const bins = Uint8Array.from(column, (value) => {
    let [low, high] = [0, thresholds.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (value <= thresholds[middle]!) high = middle;
      else low = middle + 1;
    }
    return low;
  });
  return { bins, thresholds };
}

interface Split {
  input: number;
  bin: number;
  left: number;
  right: number;
}

/** Draws `many` of the inputs, the same ones in each training. */
function drawing(all: readonly number[], many: number): () => readonly number[] {
  if (many >= all.length) return () => all;
  const draw = createSeededDraws(1);
  return () => {
    const order = [...all];
    for (let i = 0; i < many; i++) {
      const j = i + draw(all.length - i);
      [order[i], order[j]] = [order[j]!, order[i]!];
    }
    return order.slice(0, many);
  };
}

function bestSplit(
  inputs: readonly Binned[],
  drawn: readonly number[],
  slopes: Float64Array,
  curvatures: Float64Array,
) {
  let best: Split | undefined;
  let most = 1e-6;
  for (const input of drawn) {
    const { bins, thresholds } = inputs[input]!;
    const slope = new Float64Array(thresholds.length + 1);
    const curvature = new Float64Array(thresholds.length + 1);
    const many = new Float64Array(thresholds.length + 1);
    for (let i = 0; i < bins.length; i++) {
      const bin = bins[i]!;
      slope[bin]! += slopes[i]!;
      curvature[bin]! += curvatures[i]!;
      many[bin]! += 1;
    }
    const [allSlope, allCurvature] = [total(slope), total(curvature)];
    const least = SMALLEST_LEAF * bins.length;
    let [leftSlope, leftCurvature, leftMany] = [0, 0, 0];
    for (let bin = 0; bin < thresholds.length; bin++) {
      leftSlope += slope[bin]!;
      leftCurvature += curvature[bin]!;
      leftMany += many[bin]!;
      if (leftMany < least || bins.length - leftMany < least) continue;
      const rightSlope = allSlope - leftSlope;
      const rightCurvature = allCurvature - leftCurvature + RIDGE;
      const gain = leftSlope ** 2 / (leftCurvature + RIDGE) + rightSlope ** 2 / rightCurvature;
      if (gain <= most) continue;
      most = gain;
      best = {
        input,
        bin,
        left: leftSlope / (leftCurvature + RIDGE),
        right: rightSlope / rightCurvature,
      };
    }
  }
  return best;
}

const total = (values: Float64Array): number => values.reduce((sum, one) => sum + one, 0);

function normalized(weights: Float64Array): Float64Array {
  const mean = total(weights) / Math.max(1, weights.length);
  return weights.map((one) => one / mean);
}

function startOf(labels: Uint8Array, weights: Float64Array): number {
  let people = 0;
  for (let i = 0; i < labels.length; i++) people += labels[i]! * weights[i]!;
  const share = Math.min(0.99, Math.max(0.01, people / total(weights)));
  return Math.log(share / (1 - share));
}
