/** The newest `capacity` rows of a time and two more numbers, in memory that is taken once, with the first row. */
export function createNumberRing(capacity: number) {
  let cells: Float64Array | undefined;
  let added = 0;
  let dropped: number | undefined;

  return {
    add(t: number, a: number, b: number): void {
      cells ??= new Float64Array(3 * capacity);
      const cell = 3 * (added % capacity);
      if (added >= capacity) dropped = cells[cell];
      cells[cell] = t;
      cells[cell + 1] = a;
      cells[cell + 2] = b;
      added += 1;
    },
    /**
     * Hands the newest rows to `use`, oldest first: those after the last that is older than `from` (absent: all). What is before that one is
     * not looked at.
     */
    each(use: (t: number, a: number, b: number) => void, from = Number.NEGATIVE_INFINITY): void {
      const oldest = Math.max(0, added - capacity);
      let row = added;
      while (row > oldest && cells![3 * ((row - 1) % capacity)]! >= from) row -= 1;
      for (; row < added; row += 1) {
        const cell = 3 * (row % capacity);
        use(cells![cell]!, cells![cell + 1]!, cells![cell + 2]!);
      }
    },
    /** Time of the newest row that is no longer here. */
    newestDropped: (): number | undefined => dropped,
    clear(): void {
      cells = undefined;
      added = 0;
      dropped = undefined;
    },
  };
}
