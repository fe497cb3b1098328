import type Sqlite from 'better-sqlite3';
import type { CompiledQuery } from 'kysely';
import { toStorageProblem } from './storage-problem.ts';

type Parameters = CompiledQuery['parameters'];

/** Runs a compiled statement on the one connection of a SQLite database at once: Kysely's way to it costs more than the statement. */
export interface DirectStatements {
  /** The rows it gives, none of a change; undefined where the connection is another's: the statement then has to wait for its turn. */
  run(query: Pick<CompiledQuery, 'sql' | 'parameters' | 'query'>): unknown[] | undefined;
}

/** By `Db` or running `Tx`. */
const known = new WeakMap<object, DirectStatements>();

/** Undefined for PostgreSQL, and for a transaction that is over. */
export const directStatementsOf = (from: object): DirectStatements | undefined => known.get(from);

/** For all of `from`; the returned function takes it back. */
export function offerDirectStatements(from: object, statements: DirectStatements): () => void {
  known.set(from, statements);
  return () => void known.delete(from);
}

/** Runs a prepared statement; throws failures of storage as Problems. */
export function runPrepared(statement: Sqlite.Statement, parameters: Parameters): unknown[] {
  try {
    if (statement.reader) return statement.all(parameters);
    statement.run(parameters);
    return [];
  } catch (error) {
    throw toStorageProblem(error);
  }
}
