/**
 * The candidates that a typing error turns into `word`, only the nearest ones: one edit away for a word of up to four letters, two
 * for up to seven, three beyond. The beginning of a candidate, or a candidate with more behind it, counts as one edit from three letters on.
 */
export function closestWords(word: string, candidates: readonly string[]): string[] {
  const most = word.length <= 4 ? 1 : word.length <= 7 ? 2 : 3;
  const rated = candidates.map((candidate) => ({ candidate, distance: distanceOf(word, candidate) }));
  const least = Math.min(most, ...rated.map(({ distance }) => distance));
  return rated.flatMap(({ candidate, distance }) => (distance === least ? [candidate] : []));
}

function distanceOf(one: string, other: string): number {
  const [short, long] = one.length < other.length ? [one, other] : [other, one];
  if (short.length >= 3 && long.startsWith(short)) return long === short ? 0 : 1;
  return editDistance(one, other);
}

/** Letters to add, remove, replace, or swap with the next one (optimal string alignment). */
function editDistance(one: string, other: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: other.length + 1 }, (_, column) => column);
  for (let row = 1; row <= one.length; row++) {
    const current = [row];
    for (let column = 1; column <= other.length; column++) {
      const same = one[row - 1] === other[column - 1] ? 0 : 1;
      let least = Math.min(
        (last[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (last[column - 1] ?? 0) + same,
      );
      const swapped =
        row > 1 && column > 1 && one[row - 1] === other[column - 2] && one[row - 2] === other[column - 1];
      if (swapped) least = Math.min(least, (beforeLast[column - 2] ?? 0) + 1);
      current.push(least);
    }
    [beforeLast, last] = [last, current];
  }
  return last[other.length] ?? 0;
}
