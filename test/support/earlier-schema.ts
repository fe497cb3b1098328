import { renameSync } from 'node:fs';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import pg from 'pg';
import { silentLog } from '../../service/lib/log.ts';
import { openDatabase } from '../../service/storage/connection.ts';
import { migrations } from '../../service/storage/migrations/index.ts';

/** Rewrites the database of `data` as the Gatehouse before `migration` would have left it: its tables and columns, the same rows. */
export async function giveEarlierSchema(data: string, migration: string): Promise<void> {
  const path = join(data, 'gatehouse.db');
  const earlier = `${path}.earlier`;
  const known = migrations.findIndex(({ name }) => name === migration);
  await (
    await openDatabase(
      { kind: 'sqlite', path: earlier },
      { clock: { now: () => Date.UTC(2026, 10, 1) }, log: silentLog },
      migrations.slice(0, known),
    )
  ).close();
  const old = new Sqlite(earlier);
  old.pragma('foreign_keys = OFF');
  old.prepare('attach database ? as now').run(path);
  const tables = old
    .prepare(
      "select name from main.sqlite_schema where type = 'table' and name <> 'schema_migration' and name not like 'sqlite_%'",
    )
    .pluck()
    .all() as string[];
  for (const table of tables) {
    const columns = (old.pragma(`main.table_info("${table}")`) as { name: string }[])
      .map(({ name }) => `"${name}"`)
      .join(', ');
    old.exec(`insert into main."${table}" (${columns}) select ${columns} from now."${table}"`);
  }
  old.close();
  renameSync(earlier, path);
}

/** The same of a PostgreSQL database. */
export async function giveEarlierPostgresSchema(url: string, migration: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const tablesIn = async (schema: string) => {
      const { rows } = await client.query<{ name: string; columns: string }>(
        `select c.relname as name, string_agg(quote_ident(a.attname), ', ') as columns from pg_class c
         join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
         where c.relkind = 'r' and c.relnamespace = $1::regnamespace group by c.relname`,
        [schema],
      );
      return rows;
    };
    await client.query('alter schema public rename to newer; create schema public');
    const known = migrations.findIndex(({ name }) => name === migration);
    await (
      await openDatabase(
        { kind: 'postgres', url },
        { clock: { now: () => Date.UTC(2026, 10, 1) }, log: silentLog },
        migrations.slice(0, known),
      )
    ).close();
    await client.query("set session_replication_role = 'replica'");
    for (const { name, columns } of await tablesIn('public')) {
      if (name === 'schema_migration') continue;
      await client.query(`insert into public.${name} (${columns}) select ${columns} from newer.${name}`);
    }
    await client.query('drop schema newer cascade');
  } finally {
    await client.end();
  }
}
