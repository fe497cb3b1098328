import Sqlite from 'better-sqlite3';
import { RECORD_TABLES, recordTables } from './migrate.ts';
import { columnsOf, type Migration } from './migration.ts';

export interface Table {
  name: string;
  columns: string[];
}

/** The tables that our migrations made, without those that record them; each after those it refers to. */
export function tablesInOrder(database: Sqlite.Database): Table[] {
  const names = (
    database
      .prepare(
        "select name from sqlite_schema where type = 'table' and name not like 'sqlite_%' order by name",
      )
      .pluck()
      .all() as string[]
  ).filter((name) => !RECORD_TABLES.includes(name));
  const order = new Set<string>();
  const visit = (name: string): void => {
    if (order.has(name)) return;
    for (const { table } of database.pragma(`foreign_key_list(${quoted(name)})`) as { table: string }[]) {
      if (table !== name) visit(table);
    }
    order.add(name);
  };
  for (const name of names) visit(name);
  return [...order].map((name) => {
    const columns = database.pragma(`table_info(${quoted(name)})`) as { name: string }[];
    return { name, columns: columns.map((column) => column.name) };
  });
}

/** The same of a database that these migrations would make: both dialects have the same tables and columns. */
export function tablesMadeBy(migrations: readonly Migration[]): Table[] {
  const database = new Sqlite(':memory:');
  try {
    for (const statement of recordTables(columnsOf.sqlite)) database.exec(statement);
    for (const { up } of migrations) for (const statement of up(columnsOf.sqlite)) database.exec(statement);
    return tablesInOrder(database);
  } finally {
    database.close();
  }
}

/** Names come from our own migrations. */
const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`;
