import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseCsv } from '../../sdk/admin/bulk-import/csv.ts';
import { faceQuality } from '../../service/engine/matching/checks/face-quality.ts';
import {
  type HoldsFor,
  logFalseMatchRateOf,
  matchRateForGallery,
  safeGallerySize,
  tableForEveryGroup,
  thresholdForFalseMatchRate,
} from '../../service/engine/matching/index.ts';
import type { Analysis } from '../../service/inference/face.ts';
import type { ScorerEntry } from '../../service/inference/models/manifest.ts';
import { Problem, type ProblemCode } from '../../service/lib/problem.ts';
import { type CalibrationTable, calibrationTable, withWorstOf } from './calibration-table.ts';
import { type Comparisons, tailOf } from './comparisons.ts';
import { type EmbeddingCache, noCache, type PictureResult } from './embedding-cache.ts';
import { equalErrorRate, operatingPointAt, trueAcceptRateAt } from './error-rates.ts';
import { countFrom, type Group, type GroupScores, groupScores, readGroupList } from './groups.ts';
import { type HeldOut, measureHeldOut, measureHeldOutGalleries, measureHeldOutGroups } from './held-out.ts';
import { clusterBootstrap, type Interval, wilsonInterval } from './interval.ts';
import { allCosines, compareSets, compareSingles, MOST_PICTURES, type Term } from './several-pictures.ts';

/** The rates at which TAR and thresholds are reported. */
export const rates = ['1e-2', '1e-3', '1e-4', '1e-5'] as const;
export type Rate = (typeof rates)[number];

/** Fractions; intervals are 95 %, by bootstrap over people. */
export interface ScorerReport {
  eer: number;
  tar: Record<Rate, number>;
  thresholds: Record<Rate, number>;
  intervals: { eer: Interval; tar: Record<Rate, Interval> };
}

/** What it costs that a rate holds for every measured group. */
export interface EveryGroupPoint {
  rate: number;
  threshold: number;
  tar: number;
  /** Of the TAR at this threshold, by bootstrap over people. */
  interval: Interval;
  /** Over all cross pairs. */
  average: number;
  /** The groups were too small to measure the rate. */
  extrapolated: boolean;
}

/** The largest gallery whose false-identification rate rests on measurements, and people that it does not find. */
export interface SafeGallery {
  falseIdentificationRate: number;
  holdsFor: HoldsFor;
  people: number;
  fnir: number;
}

/** How the groups fare. */
export interface GroupsReport {
  measured: { group: string; people: number; pairs: number; atAverage: number }[];
  points: EveryGroupPoint[];
}

/** Of one picture with the mean of `size` pictures of a person. */
export interface MeanReport extends ScorerReport {
  size: number;
  /** People with a picture beside those of a mean. */
  people: number;
  genuine: number;
  impostors: number;
  calibration: CalibrationTable;
  everyGroup: EveryGroupPoint[];
  safe: SafeGallery[];
}

export interface FacesReport {
  /** `several`: means of 2, 3, … pictures, as far as there are people for them. */
  scorers: Record<
    string,
    ScorerReport & {
      calibration: CalibrationTable;
      several: MeanReport[];
      safe: SafeGallery[];
      /** Absent where no groups were measured. */
      groups?: GroupsReport;
    }
  >;
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
  /** Folder with a folder of pictures for each group of people. */
  groups?: string;
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
  const groups = await readGroups(deps);
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
    const measured = groupScores(scorer, groups, judgesOf(deps.scorers));
    const calibration = calibrationTable(comparisons, measured);
    scorers[scorer.id] = {
      ...reportOf(comparisons),
      calibration,
      several: meansOf(personOf, terms, calibration),
      safe: safeGalleries(calibration),
      ...(groups.length > 0 && { groups: groupsReport(measured, calibration, comparisons) }),
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
): Promise<Record<string, HeldOut>> {
  const { personOf, termsOf } = await readFaces(pairsFile, deps);
  const groups = await readGroups(deps);
  const judges = judgesOf(deps.scorers);
  return Object.fromEntries(
    deps.scorers.map((scorer) => [
      scorer.id,
      {
        rows: measureHeldOut(personOf, termsOf(scorer), splits),
        groups: measureHeldOutGroups(scorer, groups, judges, splits),
        galleries: measureHeldOutGalleries(personOf, termsOf(scorer), { scorer, groups, judges }, splits),
      },
    ]),
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

/** The pictures of each group that a template can be made from; none where no folder was given. */
export async function readGroups(deps: FacesDeps): Promise<Group[]> {
  if (deps.groups === undefined) return [];
  const groups: Group[] = [];
  for (const { group, files } of readGroupList(deps.groups)) {
    const results = await analyzeAll(files, deps.groups, deps);
    const embeddings = results.flatMap((result) => ('code' in result ? [] : [result.embeddings]));
    groups.push({ name: group, embeddings });
  }
  return groups;
}

/** The embedders of scorers in use: a superseded one does not distinguish strangers well enough to judge who is one person. */
export const judgesOf = (scorers: readonly ScorerEntry[]): string[] => [
  ...new Set(
    scorers
      .filter(({ supersededBy }) => supersededBy === undefined)
      .flatMap(({ terms }) => terms.map(({ model }) => model)),
  ),
];

const everyRates = [1e-2, 1e-3, 1e-4];

function groupsReport(
  groups: readonly GroupScores[],
  calibration: CalibrationTable,
  comparisons: Comparisons,
): GroupsReport {
  const { threshold } = thresholdForFalseMatchRate(calibration, 1e-4);
  return {
    measured: groups.map((one) => ({
      group: one.name,
      people: one.people,
      pairs: one.impostor.score.length,
      atAverage: countFrom(one, threshold) / one.impostor.score.length / 1e-4,
    })),
    points: everyGroupPoints(calibration, comparisons),
  };
}

function everyGroupPoints(calibration: CalibrationTable, comparisons: Comparisons): EveryGroupPoint[] {
  const every = tableForEveryGroup(calibration);
  if (every === undefined) return [];
  return everyRates.map((rate) => {
    const { threshold, extrapolated } = thresholdForFalseMatchRate(every, rate);
    const average = 10 ** logFalseMatchRateOf(calibration, threshold);
    const [interval] = clusterBootstrap(
      comparisons.pictures.length,
      (drawn) => [trueAcceptRateAt(comparisons, threshold, drawn)],
      BOOTSTRAP,
    );
    const tar = trueAcceptRateAt(comparisons, threshold);
    return { rate, threshold, tar, interval: interval!, average, extrapolated };
  });
}

function safeGalleries(calibration: CalibrationTable): SafeGallery[] {
  const every = tableForEveryGroup(calibration);
  return [0.01, 0.001].flatMap((falseIdentificationRate) =>
    (
      [
        ['average', calibration],
        ['every-group', every],
      ] as const
    ).flatMap(([holdsFor, table]) => {
      if (table === undefined) return [];
      const people = safeGallerySize(table, falseIdentificationRate);
      const rate = matchRateForGallery(falseIdentificationRate, people);
      const { fnmr } = thresholdForFalseMatchRate(table, Math.min(1, rate));
      return [{ falseIdentificationRate, holdsFor, people, fnir: fnmr }];
    }),
  );
}

function meansOf(personOf: readonly number[], terms: readonly Term[], one: CalibrationTable): MeanReport[] {
  const reports: MeanReport[] = [];
  for (let size = 2; size <= MOST_PICTURES; size++) {
    const comparisons = compareSets(personOf, terms, size);
    const people = new Set(comparisons.genuine.a).size;
    if (people < FEWEST_PEOPLE) break;
    const calibration = withWorstOf(one, calibrationTable(comparisons));
    reports.push({
      size,
      people,
      genuine: comparisons.genuine.score.length,
      impostors: comparisons.impostors,
      ...reportOf(comparisons),
      calibration,
      everyGroup: everyGroupPoints(calibration, comparisons),
      safe: safeGalleries(calibration),
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
