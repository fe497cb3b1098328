import { useState } from 'react';

export interface Pages {
  /** The cursor of the page that is shown; absent: the first. */
  after: string | undefined;
  /** How many pages lie before it; undefined where the page was opened by its address. */
  before: number | undefined;
  next(cursor: string): void;
  previous(): void;
  first(): void;
}

/**
 * Pages by cursor, with the cursor in the address (`after`). The way back is known for pages reached from the first one; from a page opened
 * by its address it leads to the first.
 */
export function usePages(after: string | undefined, go: (after: string | undefined) => void): Pages {
  const [trail, setTrail] = useState<readonly (string | undefined)[]>(after === undefined ? [undefined] : []);
  const at = trail.lastIndexOf(after);
  return {
    after,
    before: at < 0 ? (after === undefined ? 0 : undefined) : at,
    next(cursor) {
      const known = at < 0 ? (after === undefined ? [undefined] : []) : trail.slice(0, at + 1);
      setTrail(known.length === 0 ? [] : [...known, cursor]);
      go(cursor);
    },
    previous: () => go(at > 0 ? trail[at - 1] : undefined),
    first: () => go(undefined),
  };
}
