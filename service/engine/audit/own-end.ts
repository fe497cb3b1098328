import type { InTransaction, Tx } from '../../storage/transaction.ts';
import type { Damage, SeenLine } from './chain.ts';

/** A line, and when it was added, ms since 1970. */
export interface TimedLine extends SeenLine {
  at: number;
}

/** The newest line that this process has added and that is on disk, as the database said. */
export interface OwnEnd {
  newest(): TimedLine | undefined;
  /** Another end, of a record that is an older one. */
  beginAt(place: TimedLine): void;
  /** A line of a transaction that may still be undone. */
  added(tx: Tx, place: TimedLine): void;
  /** Notes what was added when the transaction is done. */
  watched(inTransaction: InTransaction): InTransaction;
}

export function createOwnEnd(): OwnEnd {
  const places = new WeakMap<Tx, TimedLine>();
  let newest: TimedLine | undefined;
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

/** Lines that this machine has seen in the log, and that are not there any more. */
export interface LostLines {
  chain: string;
  /** The first of them; absent where the chain went on since, so that it is not known. */
  from?: number | undefined;
  through: number;
}

/** As `gatehouse audit verify` names it. */
export const damageOfLost = ({ from, through }: LostLines): Damage =>
  from === undefined
    ? {
        seq: through,
        is: 'rolled-back',
        says: `Its line ${through} is another than the one that this machine has seen and kept on its disk, signed: an older record took over and went on, or it was written anew.`,
      }
    : {
        seq: from,
        is: 'truncated',
        says: `${from === through ? `Line ${from} is` : `Lines ${from} to ${through} are`} lost: this machine has seen line ${through} and kept it on its disk, signed. A record took over that is older, or the lines were cut off.`,
      };

/** In short, for an overview: `node_a: 46–57`. */
export const lostText = (lost: readonly LostLines[]): string =>
  lost
    .map(({ chain, from = '', through }) => {
      const lines = from === through ? `${through}` : `${from}–${through}`;
      return chain === '' ? lines : `${chain}: ${lines}`;
    })
    .join(', ');
