import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, inject, test } from 'vitest';
import { systemClock } from '../../service/lib/clock.ts';
import { silentLog } from '../../service/lib/log.ts';
import { type DatabaseLocation, openDatabase } from '../../service/storage/connection.ts';
import {
  findPostgres,
  nameOf,
  type ReachedPostgres,
  reachPostgres,
  startPostgres,
} from '../support/postgres.ts';

/** Gives a new database every time: with the newest schema and nothing in it, or `empty` of that too. */
export type NewCopyFolder = (contents?: 'empty') => Promise<DatabaseLocation>;

type Kind = 'sqlite' | 'postgres';
type Suite = (newLocation: NewCopyFolder, kind: Kind) => void;

/** `npm run test:all`: every suite on both. */
const everything = process.env.TEST_DATABASES === 'both';

/** As Vitest's, for what runs on SQLite alone. */
interface Alone {
  test: typeof test;
  describe: typeof describe;
}
const nothing = Object.assign(() => {}, { each: () => () => {} });
const nowhere: Alone = { test: nothing as never, describe: nothing as never };

/**
 * Describes `suite` on SQLite, and on PostgreSQL in `npm run test:all`. The query builder makes the statements of both, transactions are
 * serializable in both, and what the statements of these tests would read on PostgreSQL is judged in any case (test/support/plans).
 */
export function onSqlite(name: string, suite: Suite): void {
  if (everything) onBothDatabases(name, suite);
  else describeSqlite(name, suite);
}

/**
 * As `onSqlite` for what `suite` declares with the `test` and `describe` that it is given. What it declares with Vitest's `it` runs on both,
 * because PostgreSQL alone can break it: things done at once (it reports a conflict where SQLite has the second wait), statements written by hand.
 */
export function mostlyOnSqlite(
  name: string,
  suite: (newLocation: NewCopyFolder, kind: Kind, alone: Alone) => void,
): void {
  const declared = { test, describe };
  describeSqlite(name, (newLocation, kind) => suite(newLocation, kind, declared));
  describePostgres(name, (newLocation, kind) => suite(newLocation, kind, everything ? declared : nowhere));
}

/**
 * Describes `suite` once on SQLite files and once on PostgreSQL (skipped, and reported so, where it is not installed).
 * `ownServer` for tests that look at or end connections of the whole server, which others share otherwise.
 */
export function onBothDatabases(name: string, suite: Suite, options?: ServerOptions): void {
  describeSqlite(name, suite);
  describePostgres(name, suite, options);
}

interface ServerOptions {
  ownServer?: boolean;
}

function describeSqlite(name: string, suite: Suite): void {
  describe(`${name} on SQLite`, () => {
    let folder: string;
    let count = 0;
    let migrated: Promise<string> | undefined;
    beforeAll(() => {
      folder = mkdtempSync(join(tmpdir(), 'gatehouse-sqlite-'));
    });
    afterAll(() => rmSync(folder, { recursive: true, force: true }));
    suite(async (contents) => {
      const path = join(folder, String(count++), 'gatehouse.db');
      if (contents === 'empty') return { kind: 'sqlite', path };
      migrated ??= migrateFile(join(folder, 'migrated.db'));
      mkdirSync(dirname(path), { mode: 0o700 });
      copyFileSync(await migrated, path);
      return { kind: 'sqlite', path };
    }, 'sqlite');
  });
}

function describePostgres(name: string, suite: Suite, { ownServer = false }: ServerOptions = {}): void {
  const binaries = findPostgres();
  describe.skipIf(binaries === undefined)(`${name} on PostgreSQL`, () => {
    let server: ReachedPostgres;
    let stop = async () => {};
    let migrated: Promise<string> | undefined;
    const made: string[] = [];
    beforeAll(async () => {
      const shared = inject('postgres');
      if (shared !== undefined && !ownServer) {
        server = reachPostgres(shared);
        return;
      }
      const own = await startPostgres(binaries!);
      server = own;
      stop = own.stop;
    });
    afterAll(async () => {
      // A database is eight megabytes on disk.
      await server?.administer(async (client) => {
        for (const url of made) await client.query(`drop database if exists ${nameOf(url)} with (force)`);
      });
      await stop();
    });
    suite(async (contents) => {
      if (contents !== 'empty') migrated ??= migrateTemplate(server);
      const url = await server.createDatabase(contents === 'empty' ? undefined : await migrated);
      made.push(url);
      return { kind: 'postgres', url };
    }, 'postgres');
  });
}

const deps = { clock: systemClock, log: silentLog };

async function migrateFile(path: string): Promise<string> {
  await (await openDatabase({ kind: 'sqlite', path }, deps)).close();
  return path;
}

/** A new database of a server of its own, as `onBothDatabases` gives it: to migrate one takes five times as long as to copy one. */
export const createMigrated = async (server: ReachedPostgres): Promise<string> =>
  server.createDatabase(await migrateTemplate(server));

/** The URL of the server's one migrated database; files that ask for it at once wait for the first. */
async function migrateTemplate(server: ReachedPostgres): Promise<string> {
  return server.administer(async (client) => {
    await client.query('select pg_advisory_lock(1)');
    const { rows } = await client.query(
      "select shobj_description(oid, 'pg_database') as url from pg_database",
    );
    const found = rows.find(({ url }) => url?.startsWith('postgresql://'));
    if (found) return found.url as string;
    const url = await server.createDatabase();
    await (await openDatabase({ kind: 'postgres', url }, deps)).close();
    await client.query(`comment on database ${nameOf(url)} is '${url}'`);
    return url;
  });
}
