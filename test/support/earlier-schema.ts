import { renameSync } from 'node:fs';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
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
    .prepare("select name from main.sqlite_schema where type = 'table' and name <> 'schema_migration'")
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
