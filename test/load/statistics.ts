/** The middle value; of two the mean. Throws RangeError for none. */
export function median(values: readonly number[]): number {
  return (quantile(values, 0.5) + quantile(values, 0.5, 'high')) / 2;
}

/** The smallest value that is not below the given share of all (`high`: of two that qualify the larger). */
export function quantile(values: readonly number[], share: number, of: 'low' | 'high' = 'low'): number {
  if (values.length === 0) throw new RangeError('There is no value.');
  const sorted = values.toSorted((a, b) => a - b);
  const at = of === 'low' ? Math.ceil(share * sorted.length) - 1 : Math.floor(share * sorted.length);
  return sorted[Math.min(sorted.length - 1, Math.max(0, at))]!;
}
