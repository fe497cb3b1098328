import { createHash } from 'node:crypto';
import { setImmediate as pause, setImmediate as turn } from 'node:timers/promises';
import type { CrossScores, CrossScoresRequest } from '../../../inference/gallery/cross-scores.ts';
import type { ScorerEntry } from '../../../inference/models/manifest.ts';
import type { SubjectId } from '../../../lib/id.ts';
import { noteProgress } from '../../../lib/progress/progress.ts';
import type { Models } from '../../models/index.ts';
import type { Enrollment, Realm, Subjects } from '../../people/index.ts';
import { type Calibration, thresholdForFalseMatchRate } from '../error-rate.ts';
import type { Scorer } from '../every-group.ts';

/** The smallest false-match rate that a gallery is looked at, and the pairs that a rate needs at least. */
const RATE = 1e-3;
const PAIRS = 10;
/** Up to this many times the expected pairs above the threshold the table is taken to hold (decision 0043). */
const TOLERANCE = 1.5;
/** The share of people who are looked at beside all. */
const TENTH = 0.1;
/** Pairs that are looked at before others have a turn: a millisecond or two. */
const PAIRS_AT_ONCE = 100_000;

interface MeasuredShift {
  /** What the table's thresholds and scores are to be raised by; 0 where the gallery follows the table. */
  shift: number;
  /** Cross pairs looked at. */
  pairs: number;
  /** The false-match rate they were looked at: 1 in 1,000, or ten pairs where there are fewer than 10,000. */
  rate: number;
  /** The table's threshold for that rate, and the pairs whose score reaches it. */
  threshold: number;
  above: number;
}

/**
 * Compares the scores of different people of one gallery, rising, with the table: half again as many above the table's threshold as its
 * rate says raise it to the gallery's own quantile, so that the rate holds for these people. Never below the table.
 */
export function measureShift(scores: Float64Array, calibration: Calibration): MeasuredShift {
  const pairs = scores.length;
  const rate = Math.min(1, Math.max(RATE, PAIRS / Math.max(1, pairs)));
  const { threshold } = thresholdForFalseMatchRate(calibration, rate);
  const above = pairs - countBelow(scores, threshold);
  if (pairs === 0 || above < TOLERANCE * rate * pairs) return { shift: 0, pairs, rate, threshold, above };
  const quantile = scores[pairs - Math.max(1, Math.floor(rate * pairs))]!;
  return { shift: Math.max(0, quantile - threshold), pairs, rate, threshold, above };
}

/** The share of pairs that reach the threshold among those of the tenth of people who have most of them; 0 without pairs. */
export async function worstTenth(
  { byPair }: Pick<CrossScores, 'byPair'>,
  people: number,
  threshold: number,
): Promise<number> {
  const reaching = await countReaching({ byPair }, people, threshold);
  const most = [...reaching.keys()].sort((a, b) => reaching[b]! - reaching[a]!);
  const tenth = new Set(most.slice(0, Math.ceil(TENTH * people)));
  let [above, pairs] = [0, 0];
  const turn = turnsEvery(PAIRS_AT_ONCE);
  for (const one of tenth) {
    for (let other = 0; other < people; other++) {
      // A pair within the tenth is counted once.
      if (other === one || (other < one && tenth.has(other))) continue;
      const score = byPair[pairOf(people, one, other)]!;
      if (Number.isNaN(score)) continue;
      pairs += 1;
      if (score >= threshold) above += 1;
    }
    await turn(people);
  }
  return pairs === 0 ? 0 : above / pairs;
}

/** With how many others each person's score reaches the threshold. */
export async function countReaching(
  { byPair }: Pick<CrossScores, 'byPair'>,
  people: number,
  threshold: number,
): Promise<Int32Array> {
  const reaching = new Int32Array(people);
  let pair = 0;
  const turn = turnsEvery(PAIRS_AT_ONCE);
  for (let a = 0; a < people; a++) {
    for (let b = a + 1; b < people; b++, pair++) {
      if (!(byPair[pair]! >= threshold)) continue;
      reaching[a]! += 1;
      reaching[b]! += 1;
    }
    await turn(people - a);
  }
  return reaching;
}

/** The place of two different people in `CrossScores.byPair`. */
export function pairOf(people: number, one: number, other: number): number {
  const [a, b] = one < other ? [one, other] : [other, one];
  return a * people - (a * (a + 1)) / 2 + b - a - 1;
}

function countBelow(rising: Float64Array, threshold: number): number {
  let [low, high] = [0, rising.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (rising[middle]! < threshold) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** For long work in this thread: called with what was done since the last call, it lets others have a turn after every `most` of it. */
function turnsEvery(most: number): (done: number) => Promise<void> | undefined {
  let since = 0;
  return (done) => {
    since += done;
    if (since < most) return undefined;
    since = 0;
    return pause();
  };
}

/** What a shift was measured with: terms, table and model files. */
export function createBasis(models: Pick<Models, 'current'>) {
  const hashes = new WeakMap<Scorer, string>();
  return (scorer: Scorer): string => {
    let hash = hashes.get(scorer);
    if (hash === undefined) {
      const { terms, calibration } = scorer;
      hash = createHash('sha256')
        .update(JSON.stringify([terms, calibration.table]))
        .digest('hex');
      hashes.set(scorer, hash);
    }
    const { files } = models.current();
    return [hash, ...scorer.terms.map(({ model }) => files[model] ?? '')]
      .map((one) => one.slice(0, 16))
      .join('/');
  };
}

/** People that one scorer can compare, in the order of the request. */
export interface Sample {
  scorer: ScorerEntry;
  subjects: SubjectId[];
  request: CrossScoresRequest;
}

/** People whose templates are opened in one go. */
const CHUNK = 50;

/** The pictures of these people. */
export async function readEnrolled(
  subjects: Pick<Subjects, 'enrollmentsOf'>,
  realm: Realm,
  people: readonly SubjectId[],
): Promise<Map<SubjectId, Enrollment[]>> {
  const enrolled = new Map<SubjectId, Enrollment[]>();
  for (let i = 0; i < people.length; i += CHUNK) {
    noteProgress('reading templates', i, people.length);
    for (const [one, enrollments] of await subjects.enrollmentsOf(realm, people.slice(i, i + CHUNK)))
      enrolled.set(one, enrollments);
    await turn();
  }
  return enrolled;
}

/** The best picture of each person that has all embeddings of the scorer. */
export function sampleOf(
  scorer: ScorerEntry,
  enrolled: ReadonlyMap<SubjectId, Enrollment[]>,
  suspected: readonly [SubjectId, SubjectId][],
): Sample {
  const { terms } = scorer;
  const chosen = new Map<SubjectId, Float32Array[]>();
  for (const [subject, enrollments] of enrolled) {
    for (const { templates } of enrollments) {
      const vectors = terms.map(({ model }) => templates.find(({ embedder }) => embedder === model)?.vector);
      if (!vectors.every((vector) => vector !== undefined)) continue;
      chosen.set(subject, vectors);
      break;
    }
  }
  const subjects = [...chosen.keys()];
  const places = new Map(subjects.map((subject, place) => [subject, place]));
  const leftOut = suspected.flatMap(([a, b]): [number, number][] => {
    const [left, right] = [places.get(a), places.get(b)];
    return left === undefined || right === undefined ? [] : [[left, right]];
  });
  const request = {
    people: chosen.size,
    leftOut,
    terms: terms.map(({ weight, offset }, term) => {
      const dimensions = [...chosen.values()][0]?.[term]?.length ?? 0;
      const vectors = new Float32Array(chosen.size * dimensions);
      for (const [place, one] of [...chosen.values()].entries()) vectors.set(one[term]!, place * dimensions);
      return { weight, offset, dimensions, vectors };
    }),
  };
  return { scorer, subjects, request };
}

/** All of them in a random order. */
export function shuffled<T>(all: readonly T[], random: () => number): T[] {
  const drawn = [...all];
  for (let i = 0; i < drawn.length; i++) {
    const other = i + Math.floor(random() * (drawn.length - i));
    [drawn[i], drawn[other]] = [drawn[other]!, drawn[i]!];
  }
  return drawn;
}
