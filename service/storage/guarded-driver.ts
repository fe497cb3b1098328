import { AsyncLocalStorage } from 'node:async_hooks';
import type { DatabaseConnection, Driver } from 'kysely';
import { Problem } from '../lib/problem.ts';
import { toStorageProblem } from './storage-problem.ts';

/** `driver` that refuses connections inside a transaction and throws failures of storage as Problems (storage-problem.ts). */
export function guardDriver(driver: Driver, guard: TransactionGuard): Driver {
  const seen = new WeakSet<DatabaseConnection>();
  /** Whose commit was not answered. */
  const unanswered = new WeakSet<DatabaseConnection>();
  const guarded: Driver = {
    init: (options) => driver.init(options),
    async acquireConnection(options) {
      guard.refuseInside();
      const connection = await withStorageProblems(() => driver.acquireConnection(options));
      if (!seen.has(connection)) {
        seen.add(connection);
        const execute = connection.executeQuery;
        connection.executeQuery = async <R>(...query: Parameters<typeof execute>) => {
          const run = () =>
            execute.apply<DatabaseConnection, typeof query, Promise<{ rows: R[] }>>(connection, query);
          // The driver of PostgreSQL commits by a query: what its failure means, `commitTransaction` says.
          return query[0].sql === 'commit' ? run() : withStorageProblems(run);
        };
      }
      return connection;
    },
    beginTransaction: (connection, settings) =>
      withStorageProblems(() => driver.beginTransaction(connection, settings)),
    async commitTransaction(connection) {
      try {
        await driver.commitTransaction(connection);
      } catch (error) {
        const problem = toStorageProblem(error);
        if (problem === error || !isAway(problem)) throw problem;
        unanswered.add(connection);
        guard.unanswered();
        throw unknownOutcome(problem);
      }
    },
    async rollbackTransaction(connection) {
      try {
        await driver.rollbackTransaction(connection);
      } catch (error) {
        // Kysely rolls back after each failure: that of the commit says what the caller has to know.
        if (!unanswered.has(connection)) throw error;
      }
    },
    releaseConnection: (connection, options) => driver.releaseConnection(connection, options),
    destroy: (options) => driver.destroy(options),
  };
  return guarded;
}

async function withStorageProblems<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw toStorageProblem(error);
  }
}

const isAway = (error: unknown): error is Problem =>
  error instanceof Problem && error.code === 'STORAGE_UNAVAILABLE';

/** A server that goes away during a commit may have done it. */
const unknownOutcome = ({ cause }: Problem) =>
  new Problem(
    'STORAGE_UNAVAILABLE',
    'The database server went away while it stored this, and the result is unknown: check it, or send it again shortly; the operator checks that PostgreSQL runs.',
    { cause, retryAfterSeconds: 5 },
  );

/**
 * Notices code that asks the pool for a connection while it runs inside a transaction of the same database. On SQLite
 * that query would wait for its own transaction for ever; on PostgreSQL it would not see the transaction's changes.
 */
export type TransactionGuard = ReturnType<typeof createTransactionGuard>;

export function createTransactionGuard() {
  const inside = new AsyncLocalStorage<{ open: boolean }>();
  let unanswered = 0;
  return {
    /** Commits so far of which it is not known whether they were done. */
    countUnanswered: () => unanswered,
    unanswered(): void {
      unanswered++;
    },
    async run<T>(work: () => Promise<T>): Promise<T> {
      const state = { open: true };
      try {
        return await inside.run(state, work);
      } finally {
        state.open = false;
      }
    },
    /** Throws inside `run`, until `work` has ended. */
    refuseInside(): void {
      if (inside.getStore()?.open) {
        throw new Error(
          'A query went through `db` inside a transaction: it would wait for that transaction for ever. Use the `tx` that the transaction passes in, and start no second transaction.',
        );
      }
    },
  };
}
