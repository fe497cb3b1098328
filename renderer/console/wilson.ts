/** Normal quantile of a two-sided 95 % interval. */
const Z = 1.959964;

/** 95 % score interval of `hits` in `all` (Wilson 1927), both between 0 and 1. Undefined where there is nothing to count. */
export function wilsonInterval(hits: number, all: number): { low: number; high: number } | undefined {
  if (all === 0) return undefined;
  const share = hits / all;
  const scale = 1 + Z ** 2 / all;
  const middle = (share + Z ** 2 / (2 * all)) / scale;
  const half = (Z / scale) * Math.sqrt((share * (1 - share)) / all + Z ** 2 / (4 * all ** 2));
  return { low: Math.max(0, middle - half), high: Math.min(1, middle + half) };
}
