import type { InTransaction, Tx } from '../../storage/transaction.ts';
import type { Place } from './chain.ts';

/** A line, and when it was added, ms since 1970. */
export interface TimedPlace extends Place {
  at: number;
}

/** The newest line that this process has added and that is on disk, as the database said. */
export interface OwnEnd {
  newest(): TimedPlace | undefined;
  /** Another end, of a record that is an older one. */
  beginAt(place: TimedPlace): void;
  /** A line of a transaction that may still be undone. */
  added(tx: Tx, place: TimedPlace): void;
  /** Notes what was added when the transaction is done. */
  watched(inTransaction: InTransaction): InTransaction;
}

export function createOwnEnd(): OwnEnd {
  const places = new WeakMap<Tx, TimedPlace>();
  let newest: TimedPlace | undefined;
  return {
    newest: () => newest,
    beginAt(place) {
      newest = place;
    },
    added: (tx, place) => void places.set(tx, place),
    watched: (inTransaction) => async (work) => {
      const { done, last } = await inTransaction(async (tx) => {
        const done = await work(tx);
        return { done, last: places.get(tx) };
      });
      if (last && last.seq > (newest?.seq ?? 0)) newest = last;
      return done;
    },
  };
}
