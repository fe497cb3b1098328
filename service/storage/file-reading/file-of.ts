import { type Kysely, sql } from 'kysely';

/** The file of a SQLite database; undefined for one in memory. */
export async function fileOf<S>(db: Kysely<S>): Promise<string | undefined> {
  const { rows } = await sql<{ name: string; file: string }>`pragma database_list`.execute(db);
  return rows.find(({ name }) => name === 'main')?.file || undefined;
}
