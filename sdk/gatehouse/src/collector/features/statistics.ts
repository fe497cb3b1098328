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
  for (const one of values) total += one;
  return total;
}

export const mean = (values: readonly number[]): number | undefined =>
  values.length === 0 ? undefined : sum(values) / values.length;

/** Standard deviation of the values as a whole population; `undefined` of fewer than two. */
export function deviation(values: readonly number[]): number | undefined {
  if (values.length < 2) return undefined;
  const center = mean(values)!;
  let squared = 0;
  for (const one of values) squared += (one - center) * (one - center);
  return Math.sqrt(squared / values.length);
}

/** Deviation over mean; `undefined` where the mean is not positive. */
export function variation(values: readonly number[]): number | undefined {
  const center = mean(values);
  const spread = deviation(values);
  return center === undefined || spread === undefined || center <= 0 ? undefined : spread / center;
}

/** Pearson's correlation; `undefined` of fewer than three pairs, or where one side does not vary. */
export function correlation(a: readonly number[], b: readonly number[]): number | undefined {
  if (a.length < 3) return undefined;
  const spread = deviation(a)! * (deviation(b) ?? 0);
  if (spread < 1e-12) return undefined;
  const [centerA, centerB] = [mean(a)!, mean(b)!];
  let together = 0;
  for (let at = 0; at < a.length; at += 1) together += (a[at]! - centerA) * (b[at]! - centerB);
  return together / a.length / spread;
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
  for (let at = 1; at < values.length; at += 1) between.push(values[at]! - values[at - 1]!);
  return between;
}
