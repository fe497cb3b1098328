/** `share` 0.5 is the median. Linear between neighbors; `undefined` of nothing. */
export const quantile = (values: readonly number[], share: number): number | undefined =>
  quantileOfSorted(sorted(values), share);

export const sorted = (values: readonly number[]): Float64Array => new Float64Array(values).sort();

/** The quantile of values in rising order. */
export function quantileOfSorted(values: Float64Array, share: number): number | undefined {
  if (values.length === 0) return undefined;
  const at = (values.length - 1) * share;
  const below = values[Math.floor(at)]!;
  return below + (values[Math.ceil(at)]! - below) * (at % 1);
}

export const median = (values: readonly number[]): number | undefined => quantile(values, 0.5);

/** Distance between the quartiles of values in rising order; `undefined` of fewer than two. */
export function interquartile(values: Float64Array): number | undefined {
  return values.length < 2 ? undefined : quantileOfSorted(values, 0.75)! - quantileOfSorted(values, 0.25)!;
}

export function sum(values: readonly number[]): number {
  let total = 0;
  for (let at = 0; at < values.length; at += 1) total += values[at]!;
  return total;
}

/** Sum of the squares of the distances from `center`. */
export function squaresOf(values: readonly number[], center = 0): number {
  let total = 0;
  for (let at = 0; at < values.length; at += 1) {
    const off = values[at]! - center;
    total += off * off;
  }
  return total;
}

export const mean = (values: readonly number[]): number | undefined =>
  values.length === 0 ? undefined : sum(values) / values.length;

/** Standard deviation of the values as a whole population; `undefined` of fewer than two. `center`: their mean. */
export const deviation = (values: readonly number[], center = mean(values)): number | undefined =>
  values.length < 2 ? undefined : Math.sqrt(squaresOf(values, center) / values.length);

/** Deviation over mean; `undefined` where the mean is not positive. */
export function variation(values: readonly number[]): number | undefined {
  const center = mean(values) ?? 0;
  return values.length < 2 || center <= 0 ? undefined : deviation(values, center)! / center;
}

/** Pearson's correlation of lists of one length; `undefined` of fewer than three pairs, or where one side does not vary. */
export function correlation(a: readonly number[], b: readonly number[]): number | undefined {
  const many = a.length;
  if (many < 3) return undefined;
  const centerA = sum(a) / many;
  const centerB = sum(b) / many;
  let [squaredA, squaredB, together] = [0, 0, 0];
  for (let at = 0; at < many; at += 1) {
    const offA = a[at]! - centerA;
    const offB = b[at]! - centerB;
    squaredA += offA * offA;
    squaredB += offB * offB;
    together += offA * offB;
  }
  const spread = Math.sqrt(squaredA * squaredB) / many;
  return spread < 1e-12 ? undefined : together / many / spread;
}

/** Share of the values that fulfil the condition; `undefined` of nothing. */
export function shareOf<T>(values: readonly T[], condition: (value: T) => boolean): number | undefined {
  return values.length === 0 ? undefined : values.filter(condition).length / values.length;
}

/** Share of the values within `tolerance` of their median. */
export function shareNearMedian(values: readonly number[], tolerance: number): number | undefined {
  const center = median(values);
  return shareOf(values, (one) => Math.abs(one - center!) <= tolerance);
}

/** Differences of neighbors: one less than there are values. */
export function gaps(values: readonly number[]): number[] {
  const between: number[] = [];
  let before = values[0]!;
  for (let at = 1; at < values.length; at += 1) {
    const value = values[at]!;
    between.push(value - before);
    before = value;
  }
  return between;
}
