import type { DatabaseConnection, Driver } from 'kysely';
import { toStorageProblem } from './storage-problem.ts';
import type { TransactionGuard } from './transaction-guard.ts';

/** `driver`, refusing connections inside a transaction and telling of failing storage as Problems (storage-problem.ts). */
export function guardDriver(driver: Driver, guard: TransactionGuard): Driver {
  const seen = new WeakSet<DatabaseConnection>();
  const guarded: Driver = {
    init: (options) => driver.init(options),
    async acquireConnection(options) {
      guard.refuseInside();
      const connection = await told(() => driver.acquireConnection(options));
      if (!seen.has(connection)) {
        seen.add(connection);
        const execute = connection.executeQuery;
        connection.executeQuery = async <R>(...query: Parameters<typeof execute>) => {
          return told(() =>
            execute.apply<DatabaseConnection, typeof query, Promise<{ rows: R[] }>>(connection, query),
          );
        };
      }
      return connection;
    },
    beginTransaction: (connection, settings) => told(() => driver.beginTransaction(connection, settings)),
    commitTransaction: (connection) => told(() => driver.commitTransaction(connection)),
    rollbackTransaction: (connection) => driver.rollbackTransaction(connection),
    releaseConnection: (connection, options) => driver.releaseConnection(connection, options),
    destroy: (options) => driver.destroy(options),
  };
  return guarded;
}

async function told<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw toStorageProblem(error);
  }
}
