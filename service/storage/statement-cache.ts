import type Sqlite from 'better-sqlite3';
import { createRecent } from '../lib/collections/recent.ts';

/** What Kysely needs of a database. */
export type Preparer = Pick<Sqlite.Database, 'prepare' | 'close'>;

/** Statements kept at most; the texts of many rows at once are some kilobytes each. */
const MOST = 400;
const KEPT = /^\s*(select|insert|update|delete|with|begin|commit|rollback|savepoint|release)\b/i;

/**
 * `database`, with statements that were prepared once kept for the next time: preparing costs more than most of them. Whatever may
 * change the schema forgets all of them. For one connection that runs one statement at a time; none may be iterated.
 */
export function cacheStatements(database: Sqlite.Database): Preparer {
  let kept = createRecent<string, Sqlite.Statement>(MOST);
  return {
    prepare(source: string) {
      if (!KEPT.test(source)) {
        kept = createRecent(MOST);
        return database.prepare(source);
      }
      const known = kept.get(source);
      if (known) return known;
      const statement = database.prepare(source);
      kept.set(source, statement);
      return statement;
    },
    close: () => database.close(),
  } as Preparer;
}
