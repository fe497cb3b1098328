/** Scores in falling order, each with the person it is about (genuine) or the two (impostor), as numbers from 0. */
export interface Scores {
  score: Float64Array;
  a: Int32Array;
  b: Int32Array;
}

export interface Comparisons {
  genuine: Scores;
  /** The highest ones only, when `tail` was asked for. */
  impostor: Scores;
  /** How many impostor comparisons there are, tail or not. */
  impostors: number;
  /** Pictures of each person. */
  pictures: Int32Array;
  /** Where pictures were compared with means of several: how many means each person has. */
  means?: Int32Array;
}

/**
 * Every picture against every other. `personOf[i]` is the person of picture i, numbered from 0 without gaps; `scoreOf`
 * is symmetric.
 */
export function compareAll(
  personOf: readonly number[],
  scoreOf: (i: number, j: number) => number,
): Comparisons {
  const genuine: [number[], number[]] = [[], []];
  const n = personOf.length;
  const scores = new Float64Array((n * (n - 1)) / 2);
  const a = new Int32Array(scores.length);
  const b = new Int32Array(scores.length);
  const pictures = new Int32Array(Math.max(-1, ...personOf) + 1);
  for (const person of personOf) pictures[person]! += 1;
  let impostors = 0;
  for (let i = 0; i < n; i++) {
    for (let j = i + 1; j < n; j++) {
      const score = scoreOf(i, j);
      if (personOf[i] === personOf[j]) {
        genuine[0].push(score);
        genuine[1].push(personOf[i]!);
      } else {
        scores[impostors] = score;
        a[impostors] = personOf[i]!;
        b[impostors] = personOf[j]!;
        impostors += 1;
      }
    }
  }
  return {
    genuine: sortedScores(
      Float64Array.from(genuine[0]),
      Int32Array.from(genuine[1]),
      Int32Array.from(genuine[1]),
    ),
    impostor: sortedScores(scores.subarray(0, impostors), a.subarray(0, impostors), b.subarray(0, impostors)),
    impostors,
    pictures,
  };
}

/** Without all but the `count` highest impostor scores: enough for error rates up to count / impostors, and quick. */
export function tailOf(comparisons: Comparisons, count: number): Comparisons {
  const { score, a, b } = comparisons.impostor;
  return {
    ...comparisons,
    impostor: { score: score.subarray(0, count), a: a.subarray(0, count), b: b.subarray(0, count) },
  };
}

/** In falling order. */
export function sortedScores(score: Float64Array, a: Int32Array, b: Int32Array): Scores {
  const order = Uint32Array.from(score.keys()).sort((i, j) => score[j]! - score[i]!);
  return {
    score: Float64Array.from(order, (i) => score[i]!),
    a: Int32Array.from(order, (i) => a[i]!),
    b: Int32Array.from(order, (i) => b[i]!),
  };
}
