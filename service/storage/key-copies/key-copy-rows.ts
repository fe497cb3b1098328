import type Sqlite from 'better-sqlite3';
import {
  type CopiedTable,
  type CopiedValue,
  copiedTables,
  type RowChange,
} from '../keys/key-store-schema.ts';

/** In a transaction of the caller. */
export function applyChanges(copy: Sqlite.Database, changes: readonly RowChange[], revision: number): void {
  for (const { table, key, row } of changes) {
    if (row) copy.prepare(upsertOf(table)).run(...row);
    else copy.prepare(deleteOf(table)).run(...key);
  }
  copy.prepare('update store_state set revision = ?').run(revision);
}

/** Makes the rows after `after`, up to the last of `rows`, the same as `rows`; to the end when there are none. */
export function replacePage(
  copy: Sqlite.Database,
  table: CopiedTable,
  after: readonly CopiedValue[] | undefined,
  rows: readonly CopiedValue[][],
): void {
  const { key, columns } = copiedTables[table];
  const names = key.join(', ');
  const bounds = [
    ...(after ? [`(${names}) > (${key.map(() => '?').join(', ')})`] : []),
    ...(rows.length > 0 ? [`(${names}) <= (${key.map(() => '?').join(', ')})`] : []),
  ];
  const range = [...(after ?? []), ...(rows.at(-1)?.slice(0, key.length) ?? [])];
  const held = copy
    .prepare(
      `select ${columns.join(', ')} from ${table}${bounds.length > 0 ? ` where ${bounds.join(' and ')}` : ''}`,
    )
    .raw()
    .all(...range) as CopiedValue[][];
  const keyOf = (row: readonly CopiedValue[]) => JSON.stringify(row.slice(0, key.length));
  const wanted = new Map(rows.map((row) => [keyOf(row), row]));
  const remove = copy.prepare(deleteOf(table));
  for (const row of held) {
    const now = wanted.get(keyOf(row));
    if (now === undefined) remove.run(...row.slice(0, key.length));
    else if (sameRow(row, now)) wanted.delete(keyOf(row));
  }
  const put = copy.prepare(upsertOf(table));
  for (const row of wanted.values()) put.run(...row);
}

export function deleteAllRows(copy: Sqlite.Database): void {
  copy.transaction(() => {
    for (const table of Object.keys(copiedTables)) copy.exec(`delete from ${table}`);
  })();
}

function upsertOf(table: CopiedTable): string {
  const { columns } = copiedTables[table];
  return `insert or replace into ${table} (${columns.join(', ')}) values (${columns.map(() => '?').join(', ')})`;
}

function deleteOf(table: CopiedTable): string {
  return `delete from ${table} where ${copiedTables[table].key.map((name) => `${name} = ?`).join(' and ')}`;
}

function sameRow(a: readonly CopiedValue[], b: readonly CopiedValue[]): boolean {
  return a.every((value, i) => {
    const other = b[i];
    return value instanceof Uint8Array
      ? other instanceof Uint8Array && Buffer.compare(value, other) === 0
      : value === other;
  });
}
