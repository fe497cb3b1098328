import { createRandom } from './random.ts';

/** Lower and upper end, 95 %. */
export type Interval = [number, number];

const Z = 1.959963984540054;

/** Wilson's score interval for `hits` of `trials` that are independent; [0, 1] for none. */
export function wilsonInterval(hits: number, trials: number): Interval {
  if (trials === 0) return [0, 1];
  const share = hits / trials;
  const square = (Z * Z) / trials;
  const centre = (share + square / 2) / (1 + square);
  const half = (Z * Math.sqrt((share * (1 - share)) / trials + square / (4 * trials))) / (1 + square);
  return [hits === 0 ? 0 : centre - half, hits === trials ? 1 : centre + half];
}

/**
 * Percentile bootstrap over clusters (people): `statistics` is asked again and again with how often each cluster was
 * drawn; the answer has one interval for each number it returns. NaN (not measurable in that draw) is left out.
 */
export function clusterBootstrap(
  clusters: number,
  statistics: (drawn: Uint16Array) => number[],
  { replicates, seed }: { replicates: number; seed: number },
): Interval[] {
  const random = createRandom(seed);
  const drawn = new Uint16Array(clusters);
  const values: number[][] = [];
  for (let replicate = 0; replicate < replicates; replicate++) {
    drawn.fill(0);
    for (let i = 0; i < clusters; i++) drawn[Math.floor(random() * clusters)]! += 1;
    for (const [i, value] of statistics(drawn).entries()) {
      values[i] ??= [];
      if (!Number.isNaN(value)) values[i].push(value);
    }
  }
  return values.map((list) => {
    list.sort((a, b) => a - b);
    return [quantile(list, 0.025), quantile(list, 0.975)];
  });
}

/** Linear between the sorted values; NaN of none. */
function quantile(sorted: number[], share: number): number {
  const at = share * (sorted.length - 1);
  const low = sorted[Math.floor(at)] ?? Number.NaN;
  const high = sorted[Math.ceil(at)] ?? Number.NaN;
  return low + (high - low) * (at - Math.floor(at));
}
