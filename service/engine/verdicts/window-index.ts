import { AsyncLocalStorage } from 'node:async_hooks';
import { setImmediate as turn } from 'node:timers/promises';
import type { Clock } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import type { Db, InTransaction, Tx } from '../../storage/transaction.ts';
import type { WindowPrint } from './print-list.ts';
import { createWaitingWindows, type WaitingWindows } from './waiting-windows.ts';
import {
  type AskedWindow,
  type EarlierWindow,
  insertPrints,
  insertWindows,
  printOf,
  replaceIndexedBefore,
  type SeenWindow,
  selectIndexedBefore,
  selectIndexedWindows,
  selectWindowNotIndexed,
  selectWindowSeenAt,
  selectWindowsFrom,
  type WindowName,
} from './window-store.ts';

/**
 * Finds windows that were seen before. Fingerprints are random: if each window went into the index on disk as it came, it would change a
 * page of its own there, and at 2,000 a second these would be a third of all that is written. So new ones are found in memory first, and go
 * into the index later, thousands of them in its own order (docs/decisions/0037). After a start, those that are not in it are read again.
 */
export interface WindowIndex {
  /** Outside of a transaction, before `find`: until this has resolved, each look goes through all that is not in the index. */
  ready(): Promise<void> | undefined;
  /** One for each that is asked for: as it was first seen. */
  find(from: Db | Tx, asked: readonly AskedWindow[]): Promise<(EarlierWindow | undefined)[]>;
  /** Writes windows that `remember` makes known once they are on disk. */
  write(tx: Tx, windows: readonly SeenWindow[]): Promise<void>;
  /** After the transaction of `write`. */
  remember(window: WindowName): void;
  /** Writes one, and its place in the index with it. */
  writeIndexed(tx: Tx, window: SeenWindow): Promise<void>;
  /** Everything that was remembered is in the index then. */
  flush(): Promise<void>;
  /** Waits for what is under way. */
  settled(): Promise<void>;
}

export interface WindowIndexDeps {
  db: Db;
  inTransaction: InTransaction;
  clock: Clock;
  log: Log;
  /** Windows that go into the index together. */
  together?: number;
}

const TOGETHER = 32_768;
/** Of these, those that one transaction takes; it is taken for every so many new ones, which must be fewer. */
const STEP = 128;
const NEW_ONES = 64;
/** How long it takes at most from the moment at which a window was seen to that at which it is remembered, milliseconds. */
const UNDER_WAY = 10_000;

export function createWindowIndex({ together = TOGETHER, ...deps }: WindowIndexDeps): WindowIndex {
  const { clock, log } = deps;
  const waiting = createWaitingWindows(together);
  /** Each that was seen before this moment is in the index. Until all others are in memory, each goes there as it comes. */
  let indexedBefore = Number.POSITIVE_INFINITY;
  let newOnes = 0;

  const load = runAlone(async () => {
    if (indexedBefore === Number.POSITIVE_INFINITY) indexedBefore = await readNotIndexed(deps.db, waiting);
  });

  const takeStep = runAlone(async () => {
    const { prints, isLast, done } = waiting.next(STEP);
    const before = isLast ? Math.min(waiting.first, clock.now() - UNDER_WAY) : indexedBefore;
    // Whatever becomes of this transaction, what is written meanwhile is found after a start.
    indexedBefore = Math.max(indexedBefore, before);
    await deps.inTransaction(async (tx) => {
      await insertPrints(tx, prints);
      if (isLast) await replaceIndexedBefore(tx, before);
    });
    indexedBefore = before;
    done();
  });

  const isLoaded = () => indexedBefore !== Number.POSITIVE_INFINITY;
  const mustBeIndexed = ({ seenAt }: SeenWindow) => seenAt < indexedBefore || waiting.size >= 3 * together;
  const warn = (error: unknown) =>
    log.warn({ err: error }, 'the index of windows of behavior is behind; it is tried again');

  return {
    ready: () => (isLoaded() ? undefined : load.begin().catch(warn)),
    async find(from, asked) {
      const found = await selectIndexedWindows(from, asked);
      for (const [i, window] of asked.entries()) {
        if (!isLoaded()) found[i] ??= await selectWindowNotIndexed(from, window);
        // Last, because it may come into memory while the database is asked.
        const seenAt = found[i] ? undefined : waiting.seenAt(window);
        if (seenAt !== undefined) found[i] = await selectWindowSeenAt(from, { ...window, seenAt });
      }
      return found;
    },
    async write(tx, windows) {
      await insertWindows(tx, windows);
      const prints = windows.filter(mustBeIndexed).map(toPrint);
      if (prints.length > 0) await insertPrints(tx, prints);
    },
    remember(window) {
      // Until then it went into the index as it was written.
      if (!isLoaded()) return;
      waiting.add(window);
      newOnes++;
      if (newOnes < NEW_ONES || !waiting.isDue) return;
      newOnes = 0;
      takeStep.begin().catch(warn);
    },
    async writeIndexed(tx, window) {
      await insertWindows(tx, [window]);
      await insertPrints(tx, [toPrint(window)]);
    },
    async flush() {
      await load.begin();
      // Others come meanwhile: without an end to the steps, it would never end under load. Two of them may take less than a whole step.
      for (let steps = Math.ceil(waiting.size / STEP) + 2; steps > 0 && waiting.size > 0; steps--)
        await takeStep.begin();
    },
    async settled() {
      await Promise.allSettled([load.underWay(), takeStep.underWay()]);
    },
  };
}

const toPrint = ({ fingerprint, seenAt }: WindowName): WindowPrint => ({
  print: printOf(fingerprint),
  seenAt,
});

/** Returns the moment from which on windows may not be in the index: they are in memory then. */
async function readNotIndexed(db: Db, waiting: WaitingWindows): Promise<number> {
  const before = await selectIndexedBefore(db);
  for (let next: number | undefined = before; next !== undefined; ) {
    const slice = await selectWindowsFrom(db, next);
    for (const one of slice.windows) waiting.add(one);
    ({ next } = slice);
    await turn();
  }
  return before;
}

/** Work of which one run is under way at most. It is not of the caller's transaction, which has the connection that it needs. */
function runAlone(work: () => Promise<void>) {
  const outside = AsyncLocalStorage.snapshot();
  let running: Promise<void> | undefined;
  return {
    /** Resolves after the run that is under way, or a new one. */
    begin(): Promise<void> {
      running ??= outside(work).finally(() => {
        running = undefined;
      });
      return running;
    },
    underWay: (): Promise<void> | undefined => running,
  };
}
