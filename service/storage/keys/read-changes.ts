import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { DialectName } from '../migration.ts';
import {
  type CopiedValue,
  copiedTables,
  type KeySchema,
  type RowChange,
  type Touched,
} from './key-store-schema.ts';

/** One change of the store that is on its disk. */
export interface KeyWrite {
  /** Of the store before it: one less, unless it is what several writes left. */
  from?: number;
  revision: number;
  changes: readonly RowChange[];
}

/** Called for every write, in order, when it is on disk; the write is acknowledged when the promise resolves. */
export interface KeyFollower {
  written(write: KeyWrite): Promise<void>;
  /** What was written is not what it was given: a write is missing, or the store went back to what it was before some of them. */
  missed(): void;
  /** It needs no write for now. */
  idle(): boolean;
}

/** The right side of `in`. One parameter however many there are: thousands cost more to compile than the rows to read. */
export function listOf(dialect: DialectName, values: readonly string[]): RawBuilder<string> {
  const json = JSON.stringify(values);
  return dialect === 'sqlite'
    ? sql`(select value from json_each(${json}))`
    : sql`(select value from json_array_elements_text(${json}::json))`;
}

/** The rows as they are now; a key without a row was deleted. */
export async function readChanges(
  tx: Kysely<KeySchema>,
  dialect: DialectName,
  touched: readonly Touched[],
): Promise<RowChange[]> {
  const changes: RowChange[] = [];
  for (const one of touched) changes.push(...(await readRows(tx, dialect, one)));
  return changes;
}

async function readRows(
  tx: Kysely<KeySchema>,
  dialect: DialectName,
  { table, keys }: Touched,
): Promise<RowChange[]> {
  const { key: names, columns } = copiedTables[table];
  const select = sql`select ${sql.join(columns.map((name) => sql.ref(name)))} from ${sql.table(table)}`;
  const read = async (where: RawBuilder<unknown>) =>
    (await sql<Record<string, CopiedValue>>`${select} where ${where}`.execute(tx)).rows;
  const single = names.length === 1 && typeof keys[0]![0] === 'string';
  const rows = single
    ? await read(
        sql`${sql.ref(names[0]!)} in ${listOf(
          dialect,
          keys.map(([text]) => String(text)),
        )}`,
      )
    : (
        await Promise.all(
          keys.map((key) =>
            read(
              sql.join(
                names.map((name, i) => sql`${sql.ref(name)} = ${key[i]}`),
                sql` and `,
              ),
            ),
          ),
        )
      ).flat();
  const byKey = new Map(rows.map((row) => [JSON.stringify(names.map((name) => row[name])), row]));
  return keys.map((key) => {
    const row = byKey.get(JSON.stringify(key));
    return { table, key, row: row && columns.map((name) => row[name]!) };
  });
}
