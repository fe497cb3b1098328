import { type Comparisons, compareAll, sortedScores } from './comparisons.ts';

/** One term of a score: the cosines of all pictures with all others under one model. */
export interface Term {
  weight: number;
  offset: number;
  /** Row by row, `count` × `count`. */
  cosines: Float64Array;
}

/** Every picture against every other. */
export function compareSingles(personOf: readonly number[], terms: readonly Term[]): Comparisons {
  const count = personOf.length;
  return compareAll(personOf, (i, j) =>
    terms.reduce(
      (score, { weight, offset, cosines }) => score + weight * (cosines[i * count + j]! - offset),
      0,
    ),
  );
}

/** How the pictures of a person make one score: by their mean direction, or by the highest of their own scores. */
export type Combination = 'mean' | 'best';

/** Pictures that people are averaged over, at most. */
export const MOST_PICTURES = 4;

/**
 * Every set of `size` pictures of one person against every other picture, of the person (genuine) and of all others (impostor).
 * `personOf[i]` is the person of picture i, numbered from 0 without gaps.
 */
export function compareSets(
  personOf: readonly number[],
  terms: readonly Term[],
  size: number,
  combination: Combination = 'mean',
): Comparisons {
  const count = personOf.length;
  const people = Math.max(-1, ...personOf) + 1;
  const own: number[][] = Array.from({ length: people }, () => []);
  for (const [picture, person] of personOf.entries()) own[person]!.push(picture);
  const pictures = Int32Array.from(own, (list) => list.length);
  const means = Int32Array.from(own, (list) => binomial(list.length, size));
  const total = means.reduce((sum, sets, person) => sum + sets * (count - pictures[person]!), 0);
  const impostor = { score: new Float64Array(total), a: new Int32Array(total), b: new Int32Array(total) };
  const genuine: [number[], number[]] = [[], []];
  let at = 0;
  for (const [person, list] of own.entries()) {
    for (const set of subsets(list, size)) {
      const score = scoresOf(set, terms, count, combination);
      for (let probe = 0; probe < count; probe++) {
        const other = personOf[probe]!;
        if (other !== person) {
          impostor.score[at] = score[probe]!;
          impostor.a[at] = person;
          impostor.b[at] = other;
          at += 1;
        } else if (!set.includes(probe)) {
          genuine[0].push(score[probe]!);
          genuine[1].push(person);
        }
      }
    }
  }
  const about = Int32Array.from(genuine[1]);
  return {
    genuine: sortedScores(Float64Array.from(genuine[0]), about, about),
    impostor: sortedScores(impostor.score, impostor.a, impostor.b),
    impostors: total,
    pictures,
    means,
  };
}

/**
 * The score of a set against every picture. A mean direction needs no vectors: its cosine with x is the sum of the pictures' cosines with x
 * over the length of their sum, which the cosines among them give.
 */
function scoresOf(
  set: readonly number[],
  terms: readonly Term[],
  count: number,
  combination: Combination,
): Float64Array {
  const scores = new Float64Array(count).fill(combination === 'best' ? Number.NEGATIVE_INFINITY : 0);
  if (combination === 'best') {
    for (const picture of set) {
      for (let x = 0; x < count; x++) {
        let score = 0;
        for (const { weight, offset, cosines } of terms)
          score += weight * (cosines[picture * count + x]! - offset);
        if (score > scores[x]!) scores[x] = score;
      }
    }
    return scores;
  }
  for (const { weight, offset, cosines } of terms) {
    let square = 0;
    for (const i of set) for (const j of set) square += cosines[i * count + j]!;
    const length = Math.sqrt(square);
    for (let x = 0; x < count; x++) {
      let sum = 0;
      for (const picture of set) sum += cosines[picture * count + x]!;
      scores[x]! += weight * (sum / length - offset);
    }
  }
  return scores;
}

/** All cosines of one model's unit vectors, row by row. */
export function allCosines(vectors: readonly Float32Array[]): Float64Array {
  const count = vectors.length;
  const cosines = new Float64Array(count * count);
  for (let i = 0; i < count; i++) {
    const left = vectors[i]!;
    for (let j = i; j < count; j++) {
      const right = vectors[j]!;
      let sum = 0;
      for (let k = 0; k < left.length; k++) sum += left[k]! * right[k]!;
      cosines[i * count + j] = sum;
      cosines[j * count + i] = sum;
    }
  }
  return cosines;
}

function* subsets(list: readonly number[], size: number, from = 0): Generator<number[]> {
  if (size === 0) {
    yield [];
    return;
  }
  for (let i = from; i <= list.length - size; i++)
    for (const rest of subsets(list, size - 1, i + 1)) yield [list[i]!, ...rest];
}

function binomial(n: number, k: number): number {
  let result = 1;
  for (let i = 1; i <= k; i++) result = (result * (n - k + i)) / i;
  return Math.max(0, Math.round(result));
}
