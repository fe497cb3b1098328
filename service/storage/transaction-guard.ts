import { AsyncLocalStorage } from 'node:async_hooks';

/**
 * Notices code that asks the pool for a connection while it runs inside a transaction of the same database. On SQLite
 * that query would wait for its own transaction for ever; on PostgreSQL it would not see the transaction's changes.
 */
export interface TransactionGuard {
  run<T>(work: () => Promise<T>): Promise<T>;
  /** Throws inside `run`, until `work` has ended. */
  refuseInside(): void;
}

export function createTransactionGuard(): TransactionGuard {
  const inside = new AsyncLocalStorage<{ open: boolean }>();
  return {
    async run(work) {
      const state = { open: true };
      try {
        return await inside.run(state, work);
      } finally {
        state.open = false;
      }
    },
    refuseInside() {
      if (inside.getStore()?.open) {
        throw new Error(
          'A query went through `db` inside a transaction: it would wait for that transaction for ever. Use the `tx` that the transaction passes in, and start no second transaction.',
        );
      }
    },
  };
}
