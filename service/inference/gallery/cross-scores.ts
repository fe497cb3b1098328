import { Worker } from 'node:worker_threads';
import { answerOf } from '../../lib/machine/page-thread.ts';

/** The pictures of some people, one each, under one scorer. */
export interface CrossScoresRequest {
  people: number;
  /** `vectors` holds a unit vector for each person, one after another. score = sum of weight * (cosine - offset). */
  terms: { weight: number; offset: number; dimensions: number; vectors: Float32Array }[];
  /** Pairs of people, by their places, that are known or suspected to be one person. */
  leftOut: [number, number][];
}

/** Above this cosine under every model two templates are of one picture: two pictures of one face never come as near. */
const SAME_PICTURE = 1 - 1e-6;

export interface CrossScores {
  /** Of all pairs but those without a score. */
  rising: Float64Array;
  /** For 0 and 1, 0 and 2, …, 1 and 2, …; NaN where the pair is left out, or its templates are identical (one photograph under two addresses). */
  byPair: Float64Array;
}

/**
 * The scores of all pairs of different people. Up to a few seconds for 2,000 people: call it through `crossScoresInThread`.
 */
export function crossScores({ people, terms, leftOut }: CrossScoresRequest): CrossScores {
  const pairOf = (a: number, b: number) => Math.min(a, b) * people + Math.max(a, b);
  const without = new Set(leftOut.map(([a, b]) => pairOf(a, b)));
  const byPair = new Float64Array((people * (people - 1)) / 2).fill(Number.NaN);
  let pair = 0;
  let count = 0;
  for (let a = 0; a < people; a++) {
    for (let b = a + 1; b < people; b++, pair++) {
      let score = 0;
      let lowest = 1;
      for (const { weight, offset, dimensions, vectors } of terms) {
        let cosine = 0;
        for (let i = 0; i < dimensions; i++)
          cosine += vectors[a * dimensions + i]! * vectors[b * dimensions + i]!;
        lowest = Math.min(lowest, cosine);
        score += weight * (cosine - offset);
      }
      if (lowest > SAME_PICTURE || (without.size > 0 && without.has(pairOf(a, b)))) continue;
      byPair[pair] = score;
      count += 1;
    }
  }
  // Sorted last, whatever they are.
  return { byPair, rising: byPair.toSorted().subarray(0, count) };
}

/** The same in a thread of its own, which ends with it: the event loop goes on. Throws what the thread throws. */
export function crossScoresInThread(request: CrossScoresRequest): Promise<CrossScores> {
  // Under type stripping this file is `.ts`, after the build `.js`.
  const file = import.meta.url.endsWith('.ts') ? './cross-scores-worker.ts' : './cross-scores-worker.js';
  return answerOf(new Worker(new URL(file, import.meta.url), { workerData: request }), 'compares people');
}
