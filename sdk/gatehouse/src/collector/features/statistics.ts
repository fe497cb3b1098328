/** `share` 0.5 is the median. Linear between neighbors; `undefined` of nothing. */
export function quantile(values: readonly number[], share: number): number | undefined {
  if (values.length === 0) return undefined;
  const sorted = Float64Array.from(values).sort();
  const at = (sorted.length - 1) * share;
  const below = sorted[Math.floor(at)]!;
  return below + (sorted[Math.ceil(at)]! - below) * (at % 1);
}

export const median = (values: readonly number[]): number | undefined => quantile(values, 0.5);

/** Distance between the quartiles; `undefined` of fewer than two values. */
export function interquartile(values: readonly number[]): number | undefined {
  return values.length < 2 ? undefined : quantile(values, 0.75)! - quantile(values, 0.25)!;
}

export const sum = (values: readonly number[]): number => values.reduce((total, one) => total + one, 0);

export const mean = (values: readonly number[]): number | undefined =>
  values.length === 0 ? undefined : sum(values) / values.length;

/** Standard deviation of the values as a whole population; `undefined` of fewer than two. */
export function deviation(values: readonly number[]): number | undefined {
  if (values.length < 2) return undefined;
  const center = mean(values)!;
  return Math.sqrt(mean(values.map((one) => (one - center) ** 2))!);
}

/** Deviation over mean; `undefined` where the mean is not positive. */
export function variation(values: readonly number[]): number | undefined {
  const center = mean(values);
  const spread = deviation(values);
  return center === undefined || spread === undefined || center <= 0 ? undefined : spread / center;
}

/** Pearson's correlation; `undefined` of fewer than three pairs, or where one side does not vary. */
export function correlation(a: readonly number[], b: readonly number[]): number | undefined {
  const spread = (deviation(a) ?? 0) * (deviation(b) ?? 0);
  if (a.length < 3 || spread < 1e-12) return undefined;
  const [centerA, centerB] = [mean(a)!, mean(b)!];
  return mean(a.map((one, at) => (one - centerA) * (b[at]! - centerB)))! / spread;
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
export const gaps = (times: readonly number[]): number[] =>
  times.slice(1).map((time, at) => time - times[at]!);
