import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { ScorerEntry } from '../../service/inference/models/manifest.ts';
import { type Scores, sortedScores } from './comparisons.ts';
import { clusterBootstrap, type Interval } from './interval.ts';

/** People of one group, one picture each. */
export interface Group {
  name: string;
  embeddings: Record<string, Float32Array>[];
}

/** The scores of all pairs of different people of one group. */
export interface GroupScores {
  name: string;
  people: number;
  impostor: Scores;
}

/** The group with the highest false-match rate at a score. */
export interface Worst {
  group: string;
  fmr: number;
  interval: Interval;
}

/** Cosine from which on every embedder in use takes two pictures for one person's: some web pictures are twins of one shoot. */
const SAME_PERSON = 0.6;
/** A group says nothing at a score that fewer of its pairs reach. */
const FEWEST_PAIRS = 10;
const BOOTSTRAP = { replicates: 200, seed: 20261126 };

/** The pictures of a folder with a folder for each group. */
export function readGroupList(root: string): { group: string; files: string[] }[] {
  return readdirSync(root, { withFileTypes: true })
    .filter((one) => one.isDirectory())
    .map(({ name }) => name)
    .sort()
    .map((group) => ({
      group,
      files: readdirSync(join(root, group))
        .filter((file) => /\.(jpe?g|png|webp)$/i.test(file))
        .sort()
        .map((file) => join(group, file)),
    }));
}

/** Whether every judge takes two pictures for one person's. */
export const samePerson = (
  a: Group['embeddings'][number],
  b: Group['embeddings'][number],
  judges: readonly string[],
): boolean => judges.every((model) => product(a[model]!, b[model]!) > SAME_PERSON);

/** `judges`: the embedders that decide which pairs are one person's. */
export function groupScores(
  { terms }: Pick<ScorerEntry, 'terms'>,
  groups: readonly Group[],
  judges: readonly string[],
): GroupScores[] {
  return groups.map(({ name, embeddings }) => {
    const [score, a, b]: [number[], number[], number[]] = [[], [], []];
    const cosine = (model: string, i: number, j: number) =>
      product(embeddings[i]![model]!, embeddings[j]![model]!);
    for (let i = 0; i < embeddings.length; i++)
      for (let j = i + 1; j < embeddings.length; j++) {
        if (samePerson(embeddings[i]!, embeddings[j]!, judges)) continue;
        score.push(
          terms.reduce((sum, { model, weight, offset }) => sum + weight * (cosine(model, i, j) - offset), 0),
        );
        a.push(i);
        b.push(j);
      }
    const impostor = sortedScores(Float64Array.from(score), Int32Array.from(a), Int32Array.from(b));
    return { name, people: embeddings.length, impostor };
  });
}

/** How many pairs of the group reach the score. */
export function countFrom({ impostor: { score: falling } }: GroupScores, score: number): number {
  let [low, high] = [0, falling.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (falling[middle]! >= score) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * The worst group at each of the scores, rising, with an interval by bootstrap over people; undefined where too few pairs of every group
 * reach the score.
 */
export function worstGroups(
  groups: readonly GroupScores[],
  scores: readonly number[],
): (Worst | undefined)[] {
  const intervals = groups.map((group) => intervalsOf(group, scores));
  return scores.map((score, at) => {
    let worst: Worst | undefined;
    for (const [i, group] of groups.entries()) {
      const count = countFrom(group, score);
      if (count < FEWEST_PAIRS) continue;
      const fmr = count / group.impostor.score.length;
      if (fmr > (worst?.fmr ?? 0)) worst = { group: group.name, fmr, interval: intervals[i]![at]! };
    }
    return worst;
  });
}

function intervalsOf(
  { people, impostor: { score, a, b } }: GroupScores,
  scores: readonly number[],
): Interval[] {
  return clusterBootstrap(
    people,
    (drawn) => {
      let all = 0;
      for (let i = 0; i < score.length; i++) all += drawn[a[i]!]! * drawn[b[i]!]!;
      const rates = new Array<number>(scores.length);
      let [reached, i] = [0, 0];
      for (let at = scores.length - 1; at >= 0; at--) {
        for (; i < score.length && score[i]! >= scores[at]!; i++) reached += drawn[a[i]!]! * drawn[b[i]!]!;
        rates[at] = reached / all;
      }
      return rates;
    },
    BOOTSTRAP,
  );
}

function product(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}
