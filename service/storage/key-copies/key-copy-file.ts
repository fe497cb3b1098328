import {
  chmodSync,
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  realpathSync,
  unlinkSync,
} from 'node:fs';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { syncFolder } from '../../lib/durable-file.ts';
import { CHECKPOINT_NOTE } from '../keys/checkpoint-note.ts';
import {
  type CopiedTable,
  type CopiedValue,
  copiedTables,
  keyMigrations,
  type RowChange,
} from '../keys/key-store-schema.ts';
import { NEWEST_WRITER } from '../keys/key-writer.ts';
import { columnsOf, migrationHash } from '../migration.ts';
import { anotherMedium, CopyTrouble, toCopyTrouble } from './copy-status.ts';

export const COPY_NAME = 'gatehouse-keys.db';

/**
 * The copy of the key store in one folder: the same tables in a SQLite file of its own. Every call opens the file and closes
 * it again, so that a stick can be taken out between two writes; `begin` keeps it open until `finish` or `abort`. What changes
 * it names the copy that is meant, and is refused by another one. Throws CopyTrouble. Blocks: called in a thread of its own.
 */
export interface KeyCopyFile {
  /** A copy without id is given this one; with `anew` each is. Where there is no copy, `create` makes an empty one. */
  identify(to: { copy: string; create: boolean; anew?: boolean }): CopyAnswer;
  check(): CopyAnswer;
  /** Changes from revision `from` to `to`. Gives where it stands then. */
  apply(write: { copy: string; from: number; to: number; changes: readonly RowChange[] }): number;
  /**
   * Starts one transaction that makes it the same as the store, page by page. Throws `newer` beyond `newest`, whichever copy
   * it is.
   */
  begin(of: { copy: string; newest: number }): number;
  /** All rows of the store whose key comes after `after`, up to the last of these; to the end when there are none. */
  page(table: CopiedTable, after: readonly CopiedValue[] | undefined, rows: readonly CopiedValue[][]): void;
  finish(revision: number, changes: readonly RowChange[]): void;
  abort(): void;
  /** Overwrites every row, then deletes the file. */
  wipe(copy: string): void;
}

/** What is known of the file after a call. */
export interface CopyAnswer {
  /** Revision of the store that it holds; 0 where the call gives none. */
  revision: number;
  /** Its id; empty where the call gives none, and in a copy without one. */
  copy: string;
  /** What it notes of the newest audit checkpoint, where `check` asked and there is such a note. */
  note?: string;
  /** The process that wrote to it last, where `check` asked and it says so. */
  writer?: string;
}

interface KeyCopyFileDeps {
  /** Absolute, without symbolic links. */
  place: string;
  identity: string;
  /** Tests make it fail here. */
  opened?: (copy: Sqlite.Database) => void;
}

/** One copy: every use opens the file and closes it again. */
interface CopyAccess extends KeyCopyFileDeps {
  path: string;
  open(create: boolean): Sqlite.Database;
  revisionOf(copy: Sqlite.Database): number;
}

export function createKeyCopyFile(deps: KeyCopyFileDeps): KeyCopyFile {
  const { place, identity, opened } = deps;
  const path = join(place, COPY_NAME);
  const access: CopyAccess = {
    ...deps,
    path,
    open(create) {
      const copy = openCopy({ place, path, identity }, { create });
      opened?.(copy);
      return copy;
    },
    revisionOf: (copy) => readRevision(copy, path, identity),
  };
  const { open, revisionOf } = access;
  const overwriting = createOverwriting(access);

  function once<T>(work: (copy: Sqlite.Database) => T, create = false): T {
    return guard(access, () => {
      overwriting.abort();
      const copy = open(create);
      try {
        return work(copy);
      } finally {
        copy.close();
      }
    });
  }

  return {
    identify: ({ copy: id, create, anew }) =>
      once((copy) => {
        const state = copy.prepare('select count(*) from store_state').pluck().get();
        if (state === 0)
          copy
            .prepare('insert into store_state (id, identity, revision, copy) values (1, ?, 0, ?)')
            .run(identity, id);
        const revision = revisionOf(copy);
        if (anew || idOf(copy) === '') copy.prepare('update store_state set copy = ?').run(id);
        if (create) syncFolder(place);
        return { revision, copy: idOf(copy) };
      }, create),
    check: () =>
      once((copy) => {
        const note = copy.prepare('select value from note where name = ?').pluck().get(CHECKPOINT_NOTE);
        const writer = copy.prepare(NEWEST_WRITER).pluck().get();
        return {
          revision: revisionOf(copy),
          copy: idOf(copy),
          ...(typeof note === 'string' && { note }),
          ...(typeof writer === 'string' && { writer }),
        };
      }),
    apply: ({ copy: id, from, to, changes }) =>
      once((copy) => {
        const revision = revisionOf(copy);
        requireCopy(copy, id, place);
        if (revision !== from)
          throw new CopyTrouble('behind', `${path} was changed by another program, or replaced.`);
        copy.transaction(() => applyChanges(copy, changes, to)).immediate();
        return to;
      }),
    ...overwriting,
    wipe: (id) => {
      once((copy) => {
        revisionOf(copy);
        requireCopy(copy, id, place);
        // No journal on the disk, which would hold what is overwritten: a crash leaves a copy that is to go anyway.
        copy.pragma('journal_mode = MEMORY');
        deleteAllRows(copy);
      });
      guard(access, () => {
        unlinkSync(path);
        syncFolder(place);
      });
    },
  };
}

/** One transaction over several calls, in which the copy is made the same as the store. */
function createOverwriting(access: CopyAccess): Pick<KeyCopyFile, 'begin' | 'page' | 'finish' | 'abort'> {
  const { place, path, open, revisionOf } = access;
  let kept: Sqlite.Database | undefined;

  function abort(): void {
    const copy = kept;
    kept = undefined;
    if (copy?.inTransaction) {
      try {
        copy.exec('rollback');
      } catch {
        // The disk is gone; SQLite rolls back from the journal at the next opening.
      }
    }
    copy?.close();
  }

  function begun(): Sqlite.Database {
    if (kept) return kept;
    throw new CopyTrouble('failed', `${path} was not begun.`);
  }

  return {
    begin: ({ copy: id, newest }) =>
      guard(access, () => {
        abort();
        const copy = open(false);
        try {
          const revision = revisionOf(copy);
          if (revision > newest) {
            throw new CopyTrouble(
              'newer',
              `${path} is newer than the key store itself (${revision} writes against ${newest}). Nothing was changed.`,
            );
          }
          requireCopy(copy, id, place);
          copy.exec('begin immediate');
          kept = copy;
          return revision;
        } catch (error) {
          copy.close();
          throw error;
        }
      }),
    page: (table, after, rows) => guard(access, () => replacePage(begun(), table, after, rows)),
    finish: (revision, changes) =>
      guard(access, () => {
        const copy = begun();
        applyChanges(copy, changes, revision);
        copy.exec('commit');
        abort();
      }),
    abort,
  };
}

/** Throws CopyTrouble for whatever `work` throws. */
function guard<T>({ place, path }: CopyAccess, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw toCopyTrouble(error, place, path);
  }
}

const idOf = (copy: Sqlite.Database) => copy.prepare('select copy from store_state').pluck().get() as string;

function requireCopy(copy: Sqlite.Database, id: string, place: string): void {
  if (idOf(copy) !== id) throw anotherMedium(place);
}

/** In a transaction of the caller. */
function applyChanges(copy: Sqlite.Database, changes: readonly RowChange[], revision: number): void {
  for (const { table, key, row } of changes) {
    if (row) copy.prepare(upsertOf(table)).run(...row);
    else copy.prepare(deleteOf(table)).run(...key);
  }
  copy.prepare('update store_state set revision = ?').run(revision);
}

/** Makes the rows after `after`, up to the last of `rows`, the same as `rows`; to the end when there are none. */
function replacePage(
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

function deleteAllRows(copy: Sqlite.Database): void {
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

/**
 * Opens the copy at `path` in `place` (mode 0600, full synchronization, secure delete, no log beside it), with the newest
 * schema. Never through a symbolic link. A copy of another identity is refused before anything in it is changed.
 */
function openCopy(
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

function readRevision(copy: Sqlite.Database, path: string, identity: string): number {
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
