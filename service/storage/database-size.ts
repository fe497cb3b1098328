import { sql } from 'kysely';
import type { Database } from './connection.ts';

/** Bytes that the database takes, with its indexes; without the log that a checkpoint empties. */
export async function databaseSize({ db, dialect }: Pick<Database, 'db' | 'dialect'>): Promise<number> {
  const query =
    dialect === 'postgres'
      ? sql<{ bytes: number | string }>`select pg_database_size(current_database()) as bytes`
      : sql<{
          bytes: number | string;
        }>`select page_count * page_size as bytes from pragma_page_count(), pragma_page_size()`;
  const { rows } = await query.execute(db);
  return Number(rows[0]?.bytes ?? 0);
}
