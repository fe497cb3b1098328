import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseCsv } from '../../sdk/admin/bulk-import/csv.ts';
import { faceQuality } from '../../service/engine/checks/face-quality.ts';
import type { Analysis } from '../../service/inference/face.ts';
import type { ScorerEntry } from '../../service/inference/models/manifest.ts';
import { Problem, type ProblemCode } from '../../service/lib/problem.ts';
import { type CalibrationTable, calibrationTable } from './calibration-table.ts';
import { type Comparisons, tailOf } from './comparisons.ts';
import { type EmbeddingCache, noCache, type PictureResult } from './embedding-cache.ts';
import { equalErrorRate, operatingPointAt } from './error-rates.ts';
import { type HeldOutRow, measureHeldOut } from './held-out.ts';
import { clusterBootstrap, type Interval, wilsonInterval } from './interval.ts';
import { allCosines, compareSets, compareSingles, MOST_PICTURES, type Term } from './several-pictures.ts';

/** The rates at which TAR and thresholds are reported. */
export const rates = ['1e-2', '1e-3', '1e-4'] as const;
export type Rate = (typeof rates)[number];

/** Fractions; intervals are 95 %, by bootstrap over people. */
export interface ScorerReport {
  eer: number;
  tar: Record<Rate, number>;
  thresholds: Record<Rate, number>;
  intervals: { eer: Interval; tar: Record<Rate, Interval> };
}

/** Of one picture with the mean of `size` pictures of a person. */
export interface MeanReport extends ScorerReport {
  size: number;
  /** People with a picture beside those of a mean. */
  people: number;
  genuine: number;
  impostors: number;
  calibration: CalibrationTable;
}

export interface FacesReport {
  /** `several`: means of 2, 3, … pictures, as far as there are people for them. */
  scorers: Record<string, ScorerReport & { calibration: CalibrationTable; several: MeanReport[] }>;
  /** Share of pictures that no template could be made from. */
  failureToEnroll: number;
  failureToEnrollInterval: Interval;
  /** Which pictures, and why. */
  failures: { file: string; code: ProblemCode }[];
  /**
   * Pictures with a second face nearly as wide, which the product refuses because it cannot know who is meant. Here it is
   * known: they are measured all the same, by the widest face, and are no failures to enroll.
   */
  secondFaces: string[];
  pictures: number;
  people: number;
  genuine: number;
  impostors: number;
}

export interface FacesDeps {
  /** Analyzes a picture with all embedders of `scorers`. */
  analyze(picture: Uint8Array): Promise<Analysis>;
  scorers: ScorerEntry[];
  /** Pictures in work at a time. */
  concurrency: number;
  progress: { start(total: number): void; step(note: string): void; stop(): void };
  /** Results of earlier measurements; none unless given. */
  cache?: EmbeddingCache;
}

/** People that a table for a mean rests on, at least. */
const FEWEST_PEOPLE = 30;
const BOOTSTRAP = { replicates: 1000, seed: 20261120 };

/**
 * Every same-person and every cross pair of the pictures that a `file_a,file_b,same` file names; a picture's folder is its
 * person. Throws Error for a file that contradicts itself or has no person with two pictures.
 */
export async function measureFaces(pairsFile: string, deps: FacesDeps): Promise<FacesReport> {
  const { personOf, termsOf, files, failures, secondFaces } = await readFaces(pairsFile, deps);
  const scorers: FacesReport['scorers'] = {};
  let counts = { genuine: 0, impostors: 0 };
  for (const scorer of deps.scorers) {
    const terms = termsOf(scorer);
    const comparisons = compareSingles(personOf, terms);
    counts = { genuine: comparisons.genuine.score.length, impostors: comparisons.impostors };
    if (counts.genuine === 0 || counts.impostors === 0) {
      throw new Error(
        `${pairsFile} leaves ${counts.genuine} same-person and ${counts.impostors} cross pairs to measure.`,
      );
    }
    scorers[scorer.id] = {
      ...reportOf(comparisons),
      calibration: calibrationTable(comparisons),
      several: meansOf(personOf, terms),
    };
  }
  return {
    scorers,
    failureToEnroll: failures.length / files.length,
    failureToEnrollInterval: wilsonInterval(failures.length, files.length),
    failures,
    secondFaces,
    pictures: files.length,
    people: new Set(files.map((file) => dirname(file))).size,
    ...counts,
  };
}

/** The stated rates against people who did not take part in the tables, by scorer. */
export async function measureHeldOutFaces(
  pairsFile: string,
  deps: FacesDeps,
  splits: number,
): Promise<Record<string, HeldOutRow[]>> {
  const { personOf, termsOf } = await readFaces(pairsFile, deps);
  return Object.fromEntries(
    deps.scorers.map((scorer) => [scorer.id, measureHeldOut(personOf, termsOf(scorer), splits)]),
  );
}

/** The embeddings of each person named, by picture. Pictures that no template can be made from are left out. */
export async function readPeople(
  pairsFile: string,
  deps: FacesDeps,
): Promise<Record<string, Float32Array>[][]> {
  const { personOf, embeddings } = await readFaces(pairsFile, deps);
  return [...Map.groupBy(embeddings.keys(), (picture) => personOf[picture]!).values()].map((pictures) =>
    pictures.map((picture) => embeddings[picture]!),
  );
}

function meansOf(personOf: readonly number[], terms: readonly Term[]): MeanReport[] {
  const reports: MeanReport[] = [];
  for (let size = 2; size <= MOST_PICTURES; size++) {
    const comparisons = compareSets(personOf, terms, size);
    const people = new Set(comparisons.genuine.a).size;
    if (people < FEWEST_PEOPLE) break;
    reports.push({
      size,
      people,
      genuine: comparisons.genuine.score.length,
      impostors: comparisons.impostors,
      ...reportOf(comparisons),
      calibration: calibrationTable(comparisons),
    });
  }
  return reports;
}

/** The pictures that a template can be made from, with their cosines by scorer. */
async function readFaces(pairsFile: string, deps: FacesDeps) {
  const files = readPictureList(pairsFile);
  const embeddings: Record<string, Float32Array>[] = [];
  const kept: string[] = [];
  const failures: FacesReport['failures'] = [];
  const secondFaces: string[] = [];
  const results = await analyzeAll(files, dirname(pairsFile), deps);
  for (const [i, file] of files.entries()) {
    const result = results[i]!;
    if ('code' in result) failures.push({ file, code: result.code });
    else {
      kept.push(file);
      embeddings.push(result.embeddings);
      if (result.secondFace) secondFaces.push(file);
    }
  }
  const people = [...new Set(kept.map((file) => dirname(file)))];
  const personOf = kept.map((file) => people.indexOf(dirname(file)));
  const cosines = new Map<string, Float64Array>();
  const termsOf = ({ terms }: ScorerEntry): Term[] =>
    terms.map(({ model, weight, offset }) => {
      const known = cosines.get(model) ?? allCosines(embeddings.map((one) => one[model]!));
      cosines.set(model, known);
      return { weight, offset, cosines: known };
    });
  return { personOf, embeddings, termsOf, files, failures, secondFaces };
}

/** The pictures named, each once. */
export function readPictureList(pairsFile: string): string[] {
  const [head, ...rows] = parseCsv(readFileSync(pairsFile, 'utf8'));
  if (head?.fields.join() !== 'file_a,file_b,same') {
    throw new Error(`${pairsFile} must begin with the line "file_a,file_b,same".`);
  }
  for (const { line, fields } of rows) {
    const [a, b, same] = fields;
    if (a === undefined || b === undefined || (dirname(a) === dirname(b)) !== (same === '1')) {
      throw new Error(
        `${pairsFile}, line ${line}: "same" must be 1 exactly if both pictures are in one folder.`,
      );
    }
  }
  return [...new Set(rows.flatMap(({ fields }) => fields.slice(0, 2)))].sort();
}

async function analyzeAll(files: string[], root: string, deps: FacesDeps): Promise<PictureResult[]> {
  const { analyze, concurrency, progress, cache = noCache } = deps;
  const results: PictureResult[] = new Array(files.length);
  const waiting = files.entries();
  const work = async (): Promise<void> => {
    for (const [i, file] of waiting) {
      const picture = readFileSync(join(root, file));
      results[i] = await cache.of(picture, () => enrol(analyze, picture));
      progress.step(file);
    }
  };
  progress.start(files.length);
  await Promise.all(Array.from({ length: concurrency }, work));
  progress.stop();
  return results;
}

/** The embeddings, or why the `default` profile could make no template. */
async function enrol(analyze: FacesDeps['analyze'], picture: Uint8Array): Promise<PictureResult> {
  try {
    const analysis = await analyze(picture);
    const problem = faceQuality(analysis, { pad: false }).unjudgeable?.problem;
    const secondFace = problem === 'SEVERAL_FACES';
    if (problem !== undefined && !secondFace) return { code: problem };
    return { embeddings: analysis.face!.embeddings, secondFace };
  } catch (error) {
    if (error instanceof Problem && error.code.startsWith('IMAGE_')) return { code: error.code };
    throw error;
  }
}

function reportOf(comparisons: Comparisons): ScorerReport {
  const eer = equalErrorRate(comparisons);
  const points = rates.map((rate) => operatingPointAt(comparisons, Number(rate)));
  const byRate = <T>(values: T[]) =>
    Object.fromEntries(rates.map((rate, i) => [rate, values[i]!])) as Record<Rate, T>;
  const reach = Math.min(1, Math.max(0.05, eer * 4));
  const tail = tailOf(comparisons, Math.ceil(reach * comparisons.impostors));
  const [eerInterval, ...tarIntervals] = clusterBootstrap(
    comparisons.pictures.length,
    (drawn) => [
      equalErrorRate(tail, drawn),
      ...rates.map((rate) => 1 - operatingPointAt(tail, Number(rate), drawn).fnmr),
    ],
    BOOTSTRAP,
  );
  return {
    eer,
    tar: byRate(points.map(({ fnmr }) => 1 - fnmr)),
    thresholds: byRate(points.map(({ threshold }) => threshold)),
    intervals: { eer: eerInterval!, tar: byRate(tarIntervals) },
  };
}
