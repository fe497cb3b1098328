import {
  type HoldsFor,
  matchRateForGallery,
  safeGallerySize,
  tableForEveryGroup,
  thresholdForFalseMatchRate,
} from '../../service/engine/matching/index.ts';
import type { ScorerEntry } from '../../service/inference/models/manifest.ts';
import { type CalibrationTable, calibrationTable, withWorstOf } from './calibration-table.ts';
import type { Comparisons } from './comparisons.ts';
import { ratesAt } from './error-rates.ts';
import { countFrom, type Group, type GroupScores, groupScores } from './groups.ts';
import { createRandom } from './random.ts';
import {
  type Combination,
  compareSets,
  compareSingles,
  MOST_PICTURES,
  type Term,
} from './several-pictures.ts';

const rates = [1e-2, 1e-3, 1e-4];
const SEED = 20261121;

/** Over the splits: the mean, and the range of the middle 95 %. */
export interface SplitRange {
  mean: number;
  range: [number, number];
}

/** What a threshold of one half of the people does on the other half; rates are fractions. */
export interface HeldOutRow {
  pictures: number;
  /** `mean` is read from a table of that number of pictures, `best` from the table of one. */
  combination: Combination;
  nominal: number;
  fmr: SplitRange;
  fnmr: SplitRange;
  /** Splits whose both halves have comparisons of so many pictures: the others say nothing. */
  splits: number;
}

/**
 * Splits the people at random, calibrates on one half with the product's own table and threshold, and measures the other.
 * The same people and `splits` give the same figures. `personOf[i]` is the person of picture i.
 */
export function measureHeldOut(
  personOf: readonly number[],
  terms: readonly Term[],
  splits: number,
): HeldOutRow[] {
  const random = createRandom(SEED);
  const people = [...new Set(personOf)];
  const found = new Map<string, Omit<HeldOutRow, 'fmr' | 'fnmr' | 'splits'> & { points: Point[] }>();
  for (let split = 0; split < splits; split++) {
    const [known, unknown] = halvesOf(personOf, terms, drawHalf(people, random));
    const single = compareSingles(known.personOf, known.terms);
    for (let pictures = 1; pictures <= MOST_PICTURES; pictures++) {
      for (const combination of pictures === 1 ? (['mean'] as const) : (['mean', 'best'] as const)) {
        const compare = (half: Part) => compareSets(half.personOf, half.terms, pictures, combination);
        const calibrated = combination === 'best' || pictures === 1 ? single : compare(known);
        const measured = compare(unknown);
        if (!hasBoth(calibrated) || !hasBoth(measured)) continue;
        const table = calibrationTable(calibrated);
        if (!measuresRates(table)) continue;
        for (const nominal of rates) {
          const key = [pictures, combination, nominal].join();
          const row = found.get(key) ?? { pictures, combination, nominal, points: [] };
          row.points.push(ratesAt(measured, thresholdForFalseMatchRate(table, nominal).threshold));
          found.set(key, row);
        }
      }
    }
  }
  return [...found.values()].map(({ points, ...row }) => ({
    ...row,
    fmr: rangeOf(points.map(({ fmr }) => fmr)),
    fnmr: rangeOf(points.map(({ fnmr }) => fnmr)),
    splits: points.length,
  }));
}

/** What a scorer's tables of one half of the people do on the other. */
export interface HeldOut {
  rows: HeldOutRow[];
  groups: HeldOutGroupRow[];
  galleries: HeldOutGallery[];
}

/** A rate that is to hold for every group, in one group of people who did not take part in its table. */
export interface HeldOutGroupRow {
  group: string;
  nominal: number;
  fmr: SplitRange;
}

/** Splits the people of every group, finds the threshold of the worst group in one half, and measures each group of the other. */
export function measureHeldOutGroups(
  scorer: Pick<ScorerEntry, 'terms'>,
  groups: readonly Group[],
  judges: readonly string[],
  splits: number,
): HeldOutGroupRow[] {
  const random = createRandom(SEED);
  const found = new Map<string, { group: string; nominal: number; rates: number[] }>();
  for (let split = 0; split < splits; split++) {
    const [known, unknown] = groupHalvesOf(groups, random).map((half) =>
      groupScores(scorer, half, judges),
    ) as [GroupScores[], GroupScores[]];
    const table = tableForEveryGroup(tableOfGroups(known));
    if (table === undefined) continue;
    for (const nominal of rates) {
      const { threshold } = thresholdForFalseMatchRate(table, nominal);
      for (const group of unknown) {
        const key = `${nominal}/${group.name}`;
        const row = found.get(key) ?? { group: group.name, nominal, rates: [] };
        row.rates.push(countFrom(group, threshold) / group.impostor.score.length);
        found.set(key, row);
      }
    }
  }
  return [...found.values()].map(({ group, nominal, rates }) => ({ group, nominal, fmr: rangeOf(rates) }));
}

/** The largest gallery that the tables of one half of the people cover without extrapolation, on the other half. */
export interface HeldOutGallery {
  /** Of each person. */
  pictures: number;
  holdsFor: HoldsFor;
  falseIdentificationRate: number;
  people: SplitRange;
  /**
   * How often a stranger is taken for one of so many people, at most: 1 - (1 - FMR)^people. Of the group with the highest rate where it is
   * to hold for every group and people have one picture each, as the people of the groups have; else over all cross pairs.
   */
  fpir: SplitRange;
  fnir: SplitRange;
}

/** Splits the people of the pictures and of every group, and takes the safe galleries of one and of three pictures a person from one half. */
export function measureHeldOutGalleries(
  personOf: readonly number[],
  terms: readonly Term[],
  {
    scorer,
    groups,
    judges,
  }: { scorer: Pick<ScorerEntry, 'terms'>; groups: readonly Group[]; judges: readonly string[] },
  splits: number,
): HeldOutGallery[] {
  const random = createRandom(SEED);
  const people = [...new Set(personOf)];
  const found = new Map<string, { about: GalleryKey; points: (Point & { people: number })[] }>();
  for (let split = 0; split < splits; split++) {
    const [known, unknown] = halvesOf(personOf, terms, drawHalf(people, random));
    const [knownGroups, unknownGroups] = groupHalvesOf(groups, random).map((half) =>
      groupScores(scorer, half, judges),
    ) as [GroupScores[], GroupScores[]];
    const one = calibrationTable(compareSingles(known.personOf, known.terms), knownGroups);
    for (const pictures of [1, 3]) {
      const table =
        pictures === 1
          ? one
          : withWorstOf(one, calibrationTable(compareSets(known.personOf, known.terms, pictures)));
      const measured = compareSets(unknown.personOf, unknown.terms, pictures);
      for (const [holdsFor, read] of [
        ['average', table],
        ['every-group', tableForEveryGroup(table)],
      ] as const)
        for (const falseIdentificationRate of [0.01, 0.001]) {
          if (read === undefined || !measuresRates(read)) continue;
          const size = safeGallerySize(read, falseIdentificationRate);
          if (size === 0) continue;
          const rate = matchRateForGallery(falseIdentificationRate, size);
          const { threshold } = thresholdForFalseMatchRate(read, rate);
          const { fmr, fnmr } = ratesAt(measured, threshold);
          const about = { pictures, holdsFor, falseIdentificationRate };
          const worst = isOfWorstGroup(about) ? worstRate(unknownGroups, threshold) : fmr;
          const row = found.get(Object.values(about).join()) ?? { about, points: [] };
          row.points.push({ people: size, fmr: -Math.expm1(size * Math.log1p(-worst)), fnmr });
          found.set(Object.values(about).join(), row);
        }
    }
  }
  return [...found.values()].map(({ about, points }) => ({
    ...about,
    people: rangeOf(points.map((one) => one.people)),
    fpir: rangeOf(points.map(({ fmr }) => fmr)),
    fnir: rangeOf(points.map(({ fnmr }) => fnmr)),
  }));
}

type GalleryKey = Pick<HeldOutGallery, 'pictures' | 'holdsFor' | 'falseIdentificationRate'>;

const isOfWorstGroup = ({ pictures, holdsFor }: Pick<HeldOutGallery, 'pictures' | 'holdsFor'>): boolean =>
  holdsFor === 'every-group' && pictures === 1;

const worstRate = (groups: readonly GroupScores[], threshold: number): number =>
  Math.max(...groups.map((group) => countFrom(group, threshold) / group.impostor.score.length));

/** A table of the groups alone, at the scores of the largest. */
function tableOfGroups(groups: readonly GroupScores[]): CalibrationTable {
  const largest = groups.reduce((a, b) => (b.impostor.score.length > a.impostor.score.length ? b : a));
  const { score } = largest.impostor;
  const comparisons = {
    genuine: { score: Float64Array.of(score[0]!), a: Int32Array.of(0), b: Int32Array.of(0) },
    impostor: largest.impostor,
    impostors: score.length,
    pictures: new Int32Array(largest.people).fill(1),
  };
  return calibrationTable(comparisons, groups);
}

export function heldOutGroupsAsText(rows: readonly HeldOutGroupRow[]): string[] {
  return rows.map(({ group, nominal, fmr }) => {
    const [mean, low, high] = [fmr.mean, ...fmr.range].map((rate) => (rate / nominal).toFixed(2));
    return `  every group, FMR ${nominal}: ${group} ${mean} times [${low}, ${high}]`;
  });
}

export function heldOutGalleriesAsText(rows: readonly HeldOutGallery[]): string[] {
  const percent = (share: number) => (100 * share).toFixed(2);
  const range = ({ mean, range: [low, high] }: SplitRange, print: (value: number) => string) =>
    `${print(mean)} [${print(low)}, ${print(high)}]`;
  return rows.map(
    ({ pictures, holdsFor, falseIdentificationRate, people, fpir, fnir }) =>
      `  ${pictures === 1 ? 'one picture' : `mean of ${pictures}`}, ${holdsFor}, FPIR ${percent(falseIdentificationRate)} %: up to ${range(people, (value) => value.toFixed(0))} people; there FPIR ${range(fpir, percent)} % ${isOfWorstGroup({ pictures, holdsFor }) ? 'in the worst group' : 'over all'}, FNIR ${range(fnir, percent)} %`,
  );
}

export function heldOutAsText(rows: readonly HeldOutRow[]): string[] {
  const percent = (share: number) => `${(100 * share).toFixed(2)} %`;
  return rows.map(({ pictures, combination, nominal, fmr, fnmr, splits }) => {
    const [mean, low, high] = [fmr.mean, ...fmr.range].map((rate) => (rate / nominal).toFixed(2));
    const what = pictures === 1 ? 'one picture' : `${combination} of ${pictures}`;
    return `  ${what.padEnd(12)} FMR ${nominal}: ${mean} times [${low}, ${high}], FNMR ${percent(fnmr.mean)} [${fnmr.range.map(percent).join(', ')}], ${splits} splits`;
  });
}

interface Point {
  fmr: number;
  fnmr: number;
}

interface Part {
  personOf: number[];
  terms: Term[];
}

/** A threshold is read between two of them. */
const measuresRates = ({ table, measuredDownTo }: Pick<CalibrationTable, 'table' | 'measuredDownTo'>) =>
  new Set(table.map(({ fmr }) => fmr).filter((fmr) => fmr >= measuredDownTo)).size >= 2;

const hasBoth = ({ genuine, impostors }: Comparisons) => genuine.score.length > 0 && impostors > 0;

function drawHalf(people: readonly number[], random: () => number): number[] {
  const drawn = [...people];
  for (let i = drawn.length - 1; i > 0; i--) {
    const other = Math.floor(random() * (i + 1));
    [drawn[i], drawn[other]] = [drawn[other]!, drawn[i]!];
  }
  return drawn.slice(0, Math.floor(drawn.length / 2));
}

function halvesOf(
  personOf: readonly number[],
  terms: readonly Term[],
  chosen: readonly number[],
): [known: Part, unknown: Part] {
  const first = new Set(chosen);
  const of = (side: boolean) => part(personOf, terms, (picture) => first.has(personOf[picture]!) === side);
  return [of(true), of(false)];
}

function groupHalvesOf(groups: readonly Group[], random: () => number): [known: Group[], unknown: Group[]] {
  const chosen = groups.map(({ embeddings }) => new Set(drawHalf([...embeddings.keys()], random)));
  const of = (side: boolean) =>
    groups.map(({ name, embeddings }, at) => ({
      name,
      embeddings: embeddings.filter((_, i) => chosen[at]!.has(i) === side),
    }));
  return [of(true), of(false)];
}

/** The pictures that are in it, and their people numbered again without gaps. */
function part(personOf: readonly number[], terms: readonly Term[], isIn: (picture: number) => boolean): Part {
  const kept = [...personOf.keys()].filter(isIn);
  const numbers = new Map([...new Set(kept.map((picture) => personOf[picture]!))].map((one, i) => [one, i]));
  return {
    personOf: kept.map((picture) => numbers.get(personOf[picture]!)!),
    terms: terms.map(({ weight, offset, cosines }) => {
      const some = new Float64Array(kept.length ** 2);
      for (const [row, i] of kept.entries())
        for (const [column, j] of kept.entries())
          some[row * kept.length + column] = cosines[i * personOf.length + j]!;
      return { weight, offset, cosines: some };
    }),
  };
}

function rangeOf(values: readonly number[]): SplitRange {
  const rising = values.toSorted((a, b) => a - b);
  const at = (share: number) => rising[Math.round(share * (rising.length - 1))]!;
  return { mean: values.reduce((sum, one) => sum + one, 0) / values.length, range: [at(0.025), at(0.975)] };
}
