import { chmodSync, closeSync, constants, fstatSync, lstatSync, openSync, realpathSync } from 'node:fs';
import Sqlite from 'better-sqlite3';
import { keyMigrations } from '../keys/key-store-schema.ts';
import { columnsOf, migrationHash } from '../migration.ts';
import { CopyTrouble } from './key-copy-trouble.ts';

/**
 * Opens the copy at `path` in `place` (mode 0600, full synchronization, secure delete, no log beside it), with the newest
 * schema. Never through a symbolic link. A copy of another identity is refused before anything in it is changed.
 */
export function openCopy(
  { place, path, identity }: { place: string; path: string; identity: string },
  { create }: { create: boolean },
): Sqlite.Database {
  const ino = inspect(place, path, create);
  const copy = new Sqlite(path, { fileMustExist: true, timeout: 1_000 });
  try {
    copy.pragma('journal_mode = DELETE');
    for (const pragma of ['synchronous = FULL', 'secure_delete = ON', 'trusted_schema = OFF'])
      copy.pragma(pragma);
    copy.pragma('temp_store = MEMORY');
    const tables = copy.prepare("select name from sqlite_schema where type = 'table'").pluck().all();
    if (tables.includes('store_state') && copy.prepare('select 1 from store_state').get()) {
      readRevision(copy, path, identity);
    } else if (!create) throw new CopyTrouble('foreign', describeForeign(path));
    migrateCopy(copy, path);
    if (lstatSync(path).ino !== ino)
      throw new CopyTrouble('failed', `${path} was replaced while it was opened.`);
    return copy;
  } catch (error) {
    copy.close();
    throw error;
  }
}

export function readRevision(copy: Sqlite.Database, path: string, identity: string): number {
  const state = copy.prepare('select identity, revision from store_state').get() as
    | { identity: string; revision: number }
    | undefined;
  if (state?.identity === identity) return state.revision;
  throw new CopyTrouble('foreign', describeForeign(path));
}

const describeForeign = (path: string) =>
  `${path} belongs to another appliance: it is left as it is. Choose another folder, or move that file away.`;

/** The descriptor is closed before SQLite opens its own: closing one later would release SQLite's locks. */
function inspect(place: string, path: string, create: boolean): number {
  refuseLinks(place, path);
  const flags = constants.O_RDWR | constants.O_NOFOLLOW | (create ? constants.O_CREAT : 0);
  const handle = openSync(path, flags, 0o600);
  try {
    const { ino, nlink } = fstatSync(handle);
    if (nlink > 1)
      throw new CopyTrouble('failed', `${path} has a second name (hard link), where a key would survive.`);
    try {
      chmodSync(path, 0o600);
    } catch {
      // A stick without owners, such as FAT: what lies there is wrapped all the same.
    }
    return ino;
  } finally {
    closeSync(handle);
  }
}

function refuseLinks(place: string, path: string): void {
  if (realpathSync(place) !== place) {
    throw new CopyTrouble(
      'failed',
      `${place} is reached through a symbolic link now: the copy is not opened.`,
    );
  }
  for (const one of ['', '-journal', '-wal', '-shm'].map((end) => path + end)) {
    const found = lstatSync(one, { throwIfNoEntry: false });
    if (found && !found.isFile())
      throw new CopyTrouble('failed', `${one} is no file of its own: it is not opened.`);
  }
}

/** As migrate.ts, without waiting: the copy opens as a key store. */
function migrateCopy(copy: Sqlite.Database, path: string): void {
  const { text, integer } = columnsOf.sqlite;
  copy.exec(
    `create table if not exists schema_migration (name ${text} primary key not null, hash ${text} not null, applied_at ${integer} not null) strict`,
  );
  const applied = new Map(
    copy.prepare('select name, hash from schema_migration').raw().all() as [string, string][],
  );
  for (const name of applied.keys()) {
    if (keyMigrations.some((one) => one.name === name)) continue;
    throw new CopyTrouble(
      'failed',
      `${path} was written by a newer Gatehouse (${name}): it is left as it is.`,
    );
  }
  for (const { name, up } of keyMigrations) {
    const statements = up(columnsOf.sqlite);
    const hash = migrationHash(statements);
    if (applied.get(name) === hash) continue;
    if (applied.has(name))
      throw new CopyTrouble('failed', `${path} was built by another ${name} than this Gatehouse has.`);
    copy.transaction(() => {
      for (const statement of statements) copy.exec(statement);
      copy.prepare('insert into schema_migration values (?, ?, 0)').run(name, hash);
    })();
  }
}
