import { setImmediate as turn } from 'node:timers/promises';
import type { Database } from '../../service/storage/connection.ts';

export interface DatabaseWatch {
  /** As the database's own, and seen. */
  inTransaction: Database['inTransaction'];
  /** Resolves when nothing is under way there any more, and what waited for it has gone on without asking for more. */
  atRest(): Promise<void>;
}

/** Turns of the event loop in which nothing is asked of the database: who was answered would have asked again. */
const QUIET = 10;

/**
 * Sees what is asked of a database, by `db` and by the `inTransaction` given here: one in another process takes as long as it
 * takes, so no count of turns shows when the work of a test is done. `elsewhere` says what else is still running.
 */
export function watchDatabase(
  { db, inTransaction }: Pick<Database, 'db' | 'inTransaction'>,
  elsewhere: () => boolean = () => false,
): DatabaseWatch {
  let underWay = 0;
  async function seen<T>(work: Promise<T>): Promise<T> {
    underWay += 1;
    try {
      return await work;
    } finally {
      underWay -= 1;
    }
  }
  const executor = db.getExecutor();
  const execute = executor.executeQuery.bind(executor);
  executor.executeQuery = (...query) => seen(execute(...query));

  return {
    inTransaction: (work) => seen(inTransaction(work)),
    async atRest() {
      for (let quiet = 0; quiet < QUIET; ) {
        await turn();
        quiet = underWay > 0 || elsewhere() ? 0 : quiet + 1;
      }
    },
  };
}
