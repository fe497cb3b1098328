import type { Clock } from '../../service/lib/clock.ts';
import {
  type Database,
  type DatabaseDeps,
  type DatabaseLocation,
  openDatabase,
  openSqlite,
} from '../../service/storage/connection.ts';
import { migrations } from '../../service/storage/migrations/index.ts';
import type { Schema } from '../../service/storage/schema.ts';
import { openSqliteMemory } from '../../service/storage/sqlite.ts';

const epoch: Clock = { now: () => 0 };
let migrated: Promise<Buffer> | undefined;

/** As `openDatabase`. One in memory begins as a copy of one that was migrated once in this process: the migrations take most of such a start. */
export async function openTestDatabase(location: DatabaseLocation, deps: DatabaseDeps): Promise<Database> {
  if (location.kind !== 'sqlite-memory') return openDatabase(location, deps);
  migrated ??= migrateOne();
  return openSqlite<Schema>(openSqliteMemory(await migrated), deps, migrations);
}

async function migrateOne(): Promise<Buffer> {
  const memory = openSqliteMemory();
  const { close } = await openSqlite<Schema>(memory, { clock: epoch }, migrations);
  const contents = memory.serialize();
  await close();
  return contents;
}
