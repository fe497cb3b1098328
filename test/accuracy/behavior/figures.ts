import { clusterBootstrap, type Interval, wilsonInterval } from '../interval.ts';

/** A share with its 95 % interval. */
export interface Rate {
  hits: number;
  of: number;
  rate: number;
  interval: Interval;
}

/** Wilson's interval: of trials that are independent. */
export function rateOf<T>(items: readonly T[], hit: (item: T) => boolean): Rate {
  const hits = items.filter(hit).length;
  const of = items.length;
  return { hits, of, rate: of === 0 ? Number.NaN : hits / of, interval: wilsonInterval(hits, of) };
}

/** Windows of one person resemble each other: the wider of Wilson's interval and the bootstrap over people. */
export function rateOfPeople<T>(
  items: readonly T[],
  personOf: (item: T) => string,
  hit: (item: T) => boolean,
): Rate {
  const simple = rateOf(items, hit);
  const people = [...Map.groupBy(items, personOf).values()];
  if (people.length < 2) return simple;
  const [drawn = simple.interval] = clusterBootstrap(
    people.length,
    (times) => {
      let [hits, of] = [0, 0];
      people.forEach((windows, i) => {
        hits += times[i]! * windows.filter(hit).length;
        of += times[i]! * windows.length;
      });
      return [of === 0 ? Number.NaN : hits / of];
    },
    { replicates: 500, seed: 13 },
  );
  const [low, high] = simple.interval;
  return { ...simple, interval: [Math.min(low, drawn[0]), Math.max(high, drawn[1])] };
}

export const percent = (share: number): string =>
  Number.isNaN(share) ? 'none' : `${(100 * share).toFixed(share > 0 && share < 0.1 ? 1 : 0)} %`;

/** `3 of 120: 2.5 % [0.9, 7.1]` */
export function shown({ hits, of, rate, interval: [low, high] }: Rate): string {
  if (of === 0) return 'none measured';
  return `${hits} of ${of}: ${percent(rate)} [${(100 * low).toFixed(1)}, ${(100 * high).toFixed(1)}]`;
}

/** Linear between the sorted values. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (sorted.length - 1) * share;
  const low = sorted[Math.floor(at)] ?? Number.NaN;
  return low + ((sorted[Math.ceil(at)] ?? low) - low) * (at % 1);
}

/** Probability that a person scores higher than a program; ties count half. */
export function areaUnderCurve(people: readonly number[], programs: readonly number[]): number {
  const sorted = [...people].sort((a, b) => a - b);
  let wins = 0;
  for (const z of programs) {
    const [below, upTo] = [countBelow(sorted, z, false), countBelow(sorted, z, true)];
    wins += sorted.length - upTo + (upTo - below) / 2;
  }
  return wins / (people.length * programs.length);
}

function countBelow(sorted: readonly number[], value: number, inclusive: boolean): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! < value || (inclusive && sorted[middle] === value)) low = middle + 1;
    else high = middle;
  }
  return low;
}

export const mean = (values: readonly number[]): number =>
  values.reduce((sum, one) => sum + one, 0) / values.length;
