import { type Kysely, sql } from 'kysely';
import { fileOf } from './file-reading/file-of.ts';
import { copyLog } from './write-ahead/checkpoints.ts';

/** Pages (4 KiB) of the log that are copied in this thread: some milliseconds. */
const MOST_HERE = 500;
/** How often it is copied there: meanwhile others may write as much again. */
const TIMES = 3;

/**
 * Writes the log of a SQLite database into its file, where deleted rows were overwritten, and empties it. False when a reader
 * such as a backup is active; try again. It is not waited for, since all writers would wait too. A long log is copied in a thread before.
 */
export async function emptyLog<S>(db: Kysely<S>): Promise<boolean> {
  const path = await fileOf(db);
  for (let time = 0; path !== undefined && time < TIMES && (await uncopied(db)) > MOST_HERE; time++)
    await copyLog(path);
  return db.connection().execute(async (one) => {
    const { rows } = await sql<{ timeout: number }>`pragma busy_timeout`.execute(one);
    await sql`pragma busy_timeout = 0`.execute(one);
    try {
      // While another reads, the rest may be long, and cannot be emptied anyway.
      if ((await uncopied(one)) > MOST_HERE) return false;
      const done = await sql<{ busy: number }>`pragma wal_checkpoint(truncate)`.execute(one);
      return done.rows[0]?.busy !== 1;
    } finally {
      await sql`pragma busy_timeout = ${sql.lit(rows[0]!.timeout)}`.execute(one);
    }
  });
}

/** Pages of the log that are not in the file yet. */
async function uncopied<S>(db: Kysely<S>): Promise<number> {
  const { rows } = await sql<{ log: number; checkpointed: number }>`pragma wal_checkpoint(noop)`.execute(db);
  return rows[0] ? rows[0].log - rows[0].checkpointed : 0;
}
