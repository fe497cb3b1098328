import { setImmediate as pause } from 'node:timers/promises';

/** Rows with an id above `after` and up to `through`; the last slice has no end. */
export interface Slice {
  after: string;
  through: string | undefined;
}

/**
 * Cuts a table that grows into ranges of ids, so that no statement holds the event loop for long; other work has a turn between two.
 * `endAfter`: the last id of the slice that begins after this one, or undefined where fewer rows follow.
 */
export async function* slices(
  endAfter: (after: string) => Promise<string | undefined>,
): AsyncGenerator<Slice> {
  for (let after = ''; ; await pause()) {
    const through = await endAfter(after);
    yield { after, through };
    if (through === undefined) return;
    after = through;
  }
}
