/** The `count` best of the first `rows` rows. `probe` has as many numbers as the rows before padding, or fewer. */
export interface Scan {
  probe: Float32Array;
  rows: number;
  count: number;
}

/** Row numbers and cosines, best first. */
export interface Nearest {
  rows: number[];
  similarities: number[];
}

/**
 * A heap with the worst on top: a search that wants many rows (others may not be found) costs little more than one for few. Of equal rows
 * the first is the better one, so what is found does not depend on what else was offered.
 */
export function createBestRows(count: number) {
  const rows = new Int32Array(count);
  const similarities = new Float32Array(count).fill(Number.NEGATIVE_INFINITY);

  const isWorse = (a: number, b: number): boolean =>
    similarities[a]! < similarities[b]! || (similarities[a]! === similarities[b]! && rows[a]! > rows[b]!);

  function add(similarity: number, row: number): void {
    // Not `<=`: a row read while it is written may give NaN, which must not take a place.
    if (!(similarity > similarities[0]!)) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child + 1 < count && isWorse(child + 1, child)) child += 1;
      if (
        child >= count ||
        similarities[child]! > similarity ||
        (similarities[child]! === similarity && rows[child]! < row)
      )
        break;
      similarities[at] = similarities[child]!;
      rows[at] = rows[child]!;
      at = child;
    }
    similarities[at] = similarity;
    rows[at] = row;
  }

  return {
    add,
    /** Of rows from `first` on, the cosines; rows are offered from the first to the last. */
    offer(cosines: Float32Array, length: number, first: number): void {
      for (let i = 0; i < length; i++) if (cosines[i]! > similarities[0]!) add(cosines[i]!, first + i);
    },
    /** What a row must exceed to be among them. */
    least: (): number => similarities[0]!,
    sorted(): Nearest {
      const order = Array.from(rows.keys())
        .filter((i) => similarities[i]! > Number.NEGATIVE_INFINITY)
        .sort((a, b) => similarities[b]! - similarities[a]! || rows[a]! - rows[b]!);
      return { rows: order.map((i) => rows[i]!), similarities: order.map((i) => similarities[i]!) };
    },
  };
}
