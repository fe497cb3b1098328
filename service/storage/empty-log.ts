import { type Kysely, sql } from 'kysely';

/**
 * Writes the log of a SQLite database into its file, where deleted rows were overwritten, and empties it. False when a reader
 * such as a backup is active; try again. It is not waited for, since all writers would wait too.
 */
export const emptyLog = <S>(db: Kysely<S>): Promise<boolean> =>
  db.connection().execute(async (one) => {
    const { rows } = await sql<{ timeout: number }>`pragma busy_timeout`.execute(one);
    await sql`pragma busy_timeout = 0`.execute(one);
    try {
      const done = await sql<{ busy: number }>`pragma wal_checkpoint(truncate)`.execute(one);
      return done.rows[0]?.busy !== 1;
    } finally {
      await sql`pragma busy_timeout = ${sql.lit(rows[0]!.timeout)}`.execute(one);
    }
  });
