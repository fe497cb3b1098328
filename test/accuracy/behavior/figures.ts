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

/**
 * Windows of one person resemble each other: the wider of Wilson's interval and the bootstrap over people. Where no window is a hit, or
 * every one, or there is one person, a bootstrap says nothing: then Wilson's interval with people as its trials.
 */
export function rateOfPeople<T>(
  items: readonly T[],
  personOf: (item: T) => string,
  hit: (item: T) => boolean,
): Rate {
  const people = [...Map.groupBy(items, personOf).values()];
  return rateOfCounts(people.map((own) => ({ hits: own.filter(hit).length, of: own.length })));
}

/** The same of what was counted of each person. */
export function rateOfCounts(people: readonly Pick<Rate, 'hits' | 'of'>[]): Rate {
  const hits = people.reduce((sum, one) => sum + one.hits, 0);
  const of = people.reduce((sum, one) => sum + one.of, 0);
  const [low, high] = wilsonInterval(hits, of);
  const simple: Rate = { hits, of, rate: of === 0 ? Number.NaN : hits / of, interval: [low, high] };
  const measured = people.filter((one) => one.of > 0);
  if (measured.length === 0) return simple;
  if (measured.length === 1 || hits === 0 || hits === of) {
    const [lowest, highest] = wilsonInterval(simple.rate * measured.length, measured.length);
    return { ...simple, interval: [Math.min(low, lowest), Math.max(high, highest)] };
  }
  const [drawn = simple.interval] = clusterBootstrap(
    people.length,
    (times) => {
      let [drawnHits, drawnOf] = [0, 0];
      people.forEach((one, i) => {
        drawnHits += times[i]! * one.hits;
        drawnOf += times[i]! * one.of;
      });
      return [drawnOf === 0 ? Number.NaN : drawnHits / drawnOf];
    },
    { replicates: 500, seed: 13 },
  );
  return { ...simple, interval: [Math.min(low, drawn[0]), Math.max(high, drawn[1])] };
}

export const percent = (share: number): string =>
  Number.isNaN(share) ? 'none' : `${(100 * share).toFixed(share === 0 ? 0 : digitsOf(share, 0))} %`;

/** Of a share in percent: a hundredth of a percent must not look like nothing. */
const digitsOf = (share: number, least: number): number => (share < 0.001 ? 3 : share < 0.1 ? 1 : least);

/** `3 of 120: 2.5 % [0.9, 7.1]` */
export function shown({ hits, of, rate, interval: [low, high] }: Rate): string {
  if (of === 0) return 'none measured';
  const [from, to] = [low, high].map((end) => (100 * end).toFixed(digitsOf(high, 1)));
  return `${hits} of ${of}: ${percent(rate)} [${from}, ${to}]`;
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

/** One figure of a person, or of a session, that has several. */
export interface Scored {
  of: string;
  value: number;
}

export interface Area {
  area: number;
  /** Bootstrap over people and over sessions of programs. */
  interval: Interval;
}

/** `areaUnderCurve` with the interval of drawing people, and sessions of programs, again. */
export function areaOf(people: readonly Scored[], programs: readonly Scored[]): Area {
  const groups = (list: readonly Scored[]): number[][] =>
    [...Map.groupBy(list, ({ of }) => of).values()].map((own) => own.map(({ value }) => value));
  const [persons, sessions] = [groups(people), groups(programs)];
  const pairs = persons.map((own) =>
    sessions.map((other) => ({ of: own.length * other.length, won: areaUnderCurve(own, other) })),
  );
  const [drawn = [Number.NaN, Number.NaN]] = clusterBootstrap(
    persons.length + sessions.length,
    (times) => {
      let [won, of] = [0, 0];
      pairs.forEach((row, i) => {
        row.forEach((pair, j) => {
          const many = times[i]! * times[persons.length + j]! * pair.of;
          won += many * pair.won;
          of += many;
        });
      });
      return [of === 0 ? Number.NaN : won / of];
    },
    { replicates: 300, seed: 17 },
  );
  return {
    area: areaUnderCurve(
      people.map(({ value }) => value),
      programs.map(({ value }) => value),
    ),
    interval: drawn as Interval,
  };
}

/** `0.991 [0.984, 0.997]` */
export const shownArea = ({ area, interval: [low, high] }: Area): string =>
  `${area.toFixed(3)} [${low.toFixed(3)}, ${high.toFixed(3)}]`;

/** The highest limit under which at most `share` of the values lie. */
export function limitAt(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(share * sorted.length)] ?? Number.NaN;
}
