import { setImmediate as pause } from 'node:timers/promises';
import { type DeleteQueryBuilder, type SelectQueryBuilder, sql } from 'kysely';
import { parseJson } from '../lib/canonical-json.ts';
import type { Schema } from './schema.ts';
import type { Db, InTransaction, Tx } from './transaction.ts';

// What is asked of a statement, at its end: `db.selectFrom('organization').select('id').$call(findsRow)`.

/** A statement that adds, changes or deletes rows. */
interface Change {
  executeTakeFirst(): Promise<{
    numInsertedOrUpdatedRows?: bigint | undefined;
    numUpdatedRows?: bigint;
    numDeletedRows?: bigint;
  }>;
}

/** Whether there was a row to add, change or delete. */
export async function changesRow(statement: Change): Promise<boolean> {
  const { numInsertedOrUpdatedRows, numUpdatedRows, numDeletedRows } = await statement.executeTakeFirst();
  return (numInsertedOrUpdatedRows ?? numUpdatedRows ?? numDeletedRows ?? 0n) > 0n;
}

/** Whether there is a row that the query reads. */
export async function findsRow(query: { executeTakeFirst(): Promise<object | undefined> }): Promise<boolean> {
  return (await query.executeTakeFirst()) !== undefined;
}

/** How many rows a query reads that selects no column yet. */
// biome-ignore lint/suspicious/noExplicitAny: a query of any table
export async function countRows(query: SelectQueryBuilder<any, any, object>): Promise<number> {
  const { n } = await query.select(({ fn }) => fn.countAll<number>().as('n')).executeTakeFirstOrThrow();
  return Number(n);
}

/** Deletes; gives how many rows there were. */
// biome-ignore lint/suspicious/noExplicitAny: a query of any table
export async function deleteRows(query: DeleteQueryBuilder<any, any, any>): Promise<number> {
  const { numDeletedRows } = await query.executeTakeFirstOrThrow();
  return Number(numDeletedRows);
}

/** Columns of JSON that neither a MAC nor a signature covers, after the key of the row and its organization. */
export const jsonColumns = {
  alert: ['id', 'organization', 'notified'],
  alert_rule: ['id', 'organization', 'definition'],
  api_key: ['id', 'organization', 'limits'],
  backup_drill: ['id', 'problems', 'found'],
  behavior_verdict: ['token_hash', 'organization', 'agent', 'notes', 'parts'],
  consent: ['id', 'organization', 'purposes'],
  erasure: ['id', 'organization', 'copies'],
  flow: ['id', 'organization', 'definition', 'published'],
  organization: ['id', 'limits', 'setup_steps'],
  outbox: ['id', 'organization', 'payload'],
  passkey: ['id', 'transports'],
  relying_order: ['id', 'organization', 'terms', 'result'],
  retention_sweep: ['id', 'organization', 'report'],
  review_item: ['id', 'organization', 'figures'],
  subject: ['id', 'organization', 'withheld', 'key_enrollments'],
  verification: ['id', 'organization', 'checks', 'models', 'timing'],
} as const satisfies { [Table in keyof Schema]?: readonly (keyof Schema[Table])[] };
export type JsonTable = keyof typeof jsonColumns;
export const jsonTables = Object.keys(jsonColumns) as JsonTable[];

/** The next rows with some of their columns, by the first of these. */
export function columnsAfter<Value>(
  db: Db,
  table: keyof Schema,
  columns: readonly string[],
  after: string,
  limit: number,
): Promise<Record<string, Value>[]> {
  // biome-ignore lint/suspicious/noExplicitAny: tables that have nothing in common but their key
  const from: any = db;
  const [key] = columns;
  return from.selectFrom(table).select(columns).where(key, '>', after).orderBy(key).limit(limit).execute();
}

/** The next rows with their columns of JSON, which are null where they hold nothing. */
export async function jsonAfter(db: Db, table: JsonTable, after: string, limit: number) {
  const [key] = jsonColumns[table];
  const rows = await columnsAfter<string | null>(db, table, jsonColumns[table], after, limit);
  return rows.map(({ [key]: id, organization, ...texts }) => ({
    id: id!,
    organization: (table === 'organization' ? id : organization) ?? undefined,
    texts,
  }));
}

/** What a column of JSON holds whose content is lost: those who read it take it as they take a damaged one. */
const LOST = 'null';

/** Whether a column, `table.column`, holds what its readers take. */
export type Fits = (column: string, value: unknown) => boolean;

/** The columns of JSON that are damaged, as they are; undefined where there is no such row. */
export async function damagedOf(
  from: Db | Tx,
  table: JsonTable,
  id: string,
  fits: Fits,
): Promise<Record<string, string> | undefined> {
  // biome-ignore lint/suspicious/noExplicitAny: tables that have nothing in common but their id
  const any: any = from;
  const [key] = jsonColumns[table];
  const query = any.selectFrom(table).select(jsonColumns[table]).where(key, '=', id);
  const row: Record<string, string | null> | undefined = await query.executeTakeFirst();
  if (row === undefined) return undefined;
  const { [key]: _, organization: __, ...texts } = row;
  return damagedIn(table, texts, fits);
}

export function damagedIn(
  table: JsonTable,
  texts: Readonly<Record<string, string | null>>,
  fits: Fits,
): Record<string, string> {
  const isDamaged = (column: string, text: string) => {
    const value = parseJson(text);
    return text !== LOST && (value === undefined || !fits(`${table}.${column}`, value));
  };
  return Object.fromEntries(
    Object.entries(texts).filter(
      (one): one is [string, string] => one[1] !== null && isDamaged(one[0], one[1]),
    ),
  );
}

/** The next `limit` rows that can be read, however many damaged ones lie between. `page`: the rows before an id, at most `limit`. */
export async function readablePage<Row extends { id: string }, Read>(
  page: (before: string | undefined) => Promise<Row[]>,
  { before, limit }: { before?: string | undefined; limit: number },
  read: (row: Row) => Read | undefined,
): Promise<Read[]> {
  const found: Read[] = [];
  for (let from = before; ; ) {
    const rows = await page(from);
    found.push(...rows.flatMap((row) => read(row) ?? []));
    if (rows.length < limit || found.length >= limit) return found.slice(0, limit);
    from = rows.at(-1)!.id;
  }
}

/** From here on the content of these columns is lost, and no longer damaged. */
export async function writeLost(
  tx: Tx,
  table: JsonTable,
  id: string,
  columns: readonly string[],
): Promise<void> {
  if (columns.length === 0) return;
  // biome-ignore lint/suspicious/noExplicitAny: tables that have nothing in common but their id
  const any: any = tx;
  const [key] = jsonColumns[table];
  await any
    .updateTable(table)
    .set(Object.fromEntries(columns.map((column) => [column, LOST])))
    .where(key, '=', id)
    .execute();
}

/** The most rows, but for those of the same moment, that are deleted in one transaction. */
const DELETED = 500;

/**
 * Deletes the rows of a table whose `column`, ms since 1970, is before `before`: the oldest first, some in a transaction, with a turn of the
 * event loop between two. It ends early once `signal` is aborted.
 */
export async function deleteOld<Table extends keyof Schema>(
  inTransaction: InTransaction,
  table: Table,
  column: keyof Schema[Table] & string,
  before: number,
  signal?: AbortSignal,
): Promise<void> {
  const page = async (tx: Tx): Promise<boolean> => {
    // biome-ignore lint/suspicious/noExplicitAny: a table like another
    const rows: any = tx;
    const last = await rows
      .selectFrom(table)
      .select(column)
      .where(column, '<', before)
      .orderBy(column)
      .offset(DELETED - 1)
      .limit(1)
      .executeTakeFirst();
    await rows
      .deleteFrom(table)
      .where(column, '<', last ? last[column] + 1 : before)
      .execute();
    return last !== undefined;
  };
  while ((await inTransaction(page)) && !signal?.aborted) await pause();
}

/** Changes rows of one world that name an address by its keyed hash: they name another from now on. */
export const moveAddress =
  <Table extends keyof Schema>(table: Table, column: keyof Schema[Table] & string) =>
  async (
    tx: Tx,
    { organization, world }: { organization: string; world: string },
    from: string,
    to: string,
  ): Promise<void> => {
    const hash = sql.ref(column);
    await sql`update ${sql.table(table)} set ${hash} = ${to} where organization = ${organization} and world = ${world} and ${hash} = ${from}`.execute(
      tx,
    );
  };
