import { AsyncLocalStorage } from 'node:async_hooks';
import { setImmediate as turn } from 'node:timers/promises';
import { Problem } from '../../../lib/problem.ts';
import type { InTransaction, Tx } from '../../../storage/transaction.ts';

/**
 * Changes of requests that came together, in one transaction: to wait for the disk costs as much as hundreds of rows. Each caller is
 * answered after the transaction that holds its change.
 */
export interface GroupCommit {
  /** It may run more than once, as in every transaction. */
  commit<T>(change: (tx: Tx) => Promise<T>): Promise<T>;
  /** Waits until everything that was added is written. */
  settled(): Promise<void>;
}

interface Member {
  change(tx: Tx): Promise<unknown>;
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

/** Bounds how long one transaction keeps others waiting. */
const MOST = 64;
/** Every member would fail in the same way. */
const ofStorage: ReadonlySet<string> = new Set(['STORAGE_FULL', 'STORAGE_UNAVAILABLE']);

export function createGroupCommit(inTransaction: InTransaction): GroupCommit {
  const outside = AsyncLocalStorage.snapshot();
  const waiting: Member[] = [];
  let running: Promise<void> | undefined;

  /** A group in which one fails is undone, and each of it is tried alone. */
  async function write(group: readonly Member[]): Promise<void> {
    try {
      const values = await inTransaction(async (tx) => {
        const made: unknown[] = [];
        for (const { change } of group) made.push(await change(tx));
        return made;
      });
      for (const [i, { resolve }] of group.entries()) resolve(values[i]);
    } catch (error) {
      const shared = error instanceof Problem && ofStorage.has(error.code);
      if (group.length === 1 || shared) for (const { reject } of group) reject(error);
      else for (const one of group) await write([one]);
    }
  }

  async function run(): Promise<void> {
    while (waiting.length > 0) {
      // Requests that are read together go together.
      await turn();
      await write(waiting.splice(0, MOST));
    }
    running = undefined;
  }

  return {
    commit: (change) =>
      new Promise((resolve, reject) => {
        waiting.push({ change, resolve: resolve as Member['resolve'], reject });
        running ??= outside(run);
      }),
    settled: async () => running,
  };
}
