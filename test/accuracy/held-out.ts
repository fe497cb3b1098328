import { thresholdForFalseMatchRate } from '../../service/engine/matching/index.ts';
import { calibrationTable } from './calibration-table.ts';
import type { Comparisons } from './comparisons.ts';
import { ratesAt } from './error-rates.ts';
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
    const chosen = new Set(drawHalf(people, random));
    const [known, unknown] = [true, false].map((side) =>
      part(personOf, terms, (picture) => chosen.has(personOf[picture]!) === side),
    ) as [Part, Part];
    const single = compareSingles(known.personOf, known.terms);
    for (let pictures = 1; pictures <= MOST_PICTURES; pictures++) {
      for (const combination of pictures === 1 ? (['mean'] as const) : (['mean', 'best'] as const)) {
        const compare = (half: Part) => compareSets(half.personOf, half.terms, pictures, combination);
        const calibrated = combination === 'best' || pictures === 1 ? single : compare(known);
        const measured = compare(unknown);
        if (!hasBoth(calibrated) || !hasBoth(measured)) continue;
        const table = calibrationTable(calibrated);
        if (new Set(table.table.map(({ fmr }) => fmr).filter((fmr) => fmr > 0)).size < 2) continue;
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

const hasBoth = ({ genuine, impostors }: Comparisons) => genuine.score.length > 0 && impostors > 0;

function drawHalf(people: readonly number[], random: () => number): number[] {
  const drawn = [...people];
  for (let i = drawn.length - 1; i > 0; i--) {
    const other = Math.floor(random() * (i + 1));
    [drawn[i], drawn[other]] = [drawn[other]!, drawn[i]!];
  }
  return drawn.slice(0, Math.floor(drawn.length / 2));
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
