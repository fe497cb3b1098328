import { sql } from 'kysely';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { checkGrants } from '../../service/cli/doctor/postgres.ts';
import { silentLog } from '../../service/lib/log.ts';
import { type Database, openDatabase } from '../../service/storage/connection.ts';
import { checkPostgres } from '../../service/storage/postgres/check-postgres.ts';
import { findPostgres, nameOf, startPostgres, type TestPostgres } from '../support/postgres.ts';

const binaries = findPostgres();

describe.skipIf(binaries === undefined)('settings and sessions of an administrator of PostgreSQL', () => {
  let server: TestPostgres;
  let url: string;
  let admin: pg.Client;
  let database: Database | undefined;
  beforeAll(async () => {
    server = await startPostgres(binaries ?? '');
    url = await server.createDatabase();
    admin = new pg.Client({ connectionString: url });
    await admin.connect();
    await admin.query('create role desk login');
    await admin.query(
      `grant create on schema public to desk; grant create on database ${nameOf(url)} to desk`,
    );
  });
  afterAll(async () => {
    await admin?.end();
    await server?.stop();
  });
  beforeEach(async () => {
    await admin.query('drop schema public cascade; create schema public authorization desk');
  });
  afterEach(async () => {
    await database?.close();
    database = undefined;
    await admin.query('alter role desk connection limit -1; alter role desk reset all');
  });

  const deskUrl = () => url.replace('gatehouse@', 'desk@');
  const open = async (): Promise<Database> => {
    database = await openDatabase(
      { kind: 'postgres', url: deskUrl() },
      { clock: { now: () => 5 }, log: silentLog, writer: 'gatehouse 7' },
    );
    return database;
  };
  const doctor = () => checkGrants({ databaseUrl: deskUrl() });

  test('a role at its connection limit: a start says so and names the statement, for each of its connections', async () => {
    const says = {
      code: 'CONFLICT',
      message: expect.stringMatching(
        /no connection left for the role "desk" .*too many connections for role.*ALTER ROLE "desk" CONNECTION LIMIT 28;/,
      ),
    };
    await admin.query('alter role desk connection limit 1');
    await expect(checkPostgres(deskUrl())).rejects.toMatchObject(says);
    // The connection that locks the database is its second one.
    await expect(open()).rejects.toMatchObject(says);
    await admin.query('alter role desk connection limit 2');
    await checkPostgres(deskUrl());
    await (await open()).inTransaction(async () => {});
  });

  test('doctor warns of few connections in advance', async () => {
    const before = await doctor();
    expect(before.filter(({ state }) => state !== 'ok')).toEqual([]);
    await admin.query('alter role desk connection limit 5');
    expect(await doctor()).toContainEqual({
      what: 'grants',
      state: 'warn',
      found: expect.stringContaining('may have 5 connections'),
      remedy: expect.stringContaining('ALTER ROLE "desk" CONNECTION LIMIT 28;'),
    });
  });

  test('while it runs, a role without a connection left is 503, not a fault of ours', async () => {
    const { db } = await open();
    await sql`select 1`.execute(db);
    await admin.query('alter role desk connection limit 2');
    const many = await Promise.allSettled(
      Array.from({ length: 5 }, () => sql`select pg_sleep(0.2)`.execute(db)),
    );
    const refused = many.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []));
    expect(refused.length).toBeGreaterThan(0);
    for (const reason of refused)
      expect(reason).toMatchObject({
        code: 'STORAGE_UNAVAILABLE',
        message: expect.stringContaining('connection limit'),
      });
  });

  test('idle_session_timeout of the role ends no session of ours', async () => {
    await admin.query("alter role desk set idle_session_timeout = '300ms'");
    const { inTransaction, requireWriter } = await open();
    const pids = async () =>
      (await admin.query("select pid from pg_stat_activity where usename = 'desk' order by pid")).rows;
    const before = await pids();
    expect(before.length).toBeGreaterThan(1);
    // Of the server: three times as long as it would wait.
    await admin.query('select pg_sleep(0.9)');
    expect(await pids()).toEqual(before);
    requireWriter();
    await inTransaction(async () => {});
  });

  test('a table that an administrator has locked: every request is refused in bounded time, with a sentence', async () => {
    const { db, inTransaction } = await open();
    const says = {
      code: 'STORAGE_UNAVAILABLE',
      message: expect.stringMatching(/has locked (what this needs|its tables)/),
    };
    await admin.query('begin; lock table organization in access exclusive mode');
    try {
      const reads = Array.from({ length: 3 }, () => db.selectFrom('organization').select('id').execute());
      // In turns: without a bound of their own the last of them would wait for all before it.
      const writes = Array.from({ length: 12 }, () =>
        inTransaction((tx) => tx.selectFrom('organization').select('id').execute()),
      );
      for (const one of await Promise.allSettled([...reads, ...writes]))
        expect(one).toMatchObject({ status: 'rejected', reason: says });
    } finally {
      await admin.query('rollback');
    }
    await inTransaction((tx) => tx.selectFrom('organization').select('id').execute());
  });

  test('the same at start', async () => {
    await (await open()).close();
    database = undefined;
    await admin.query('begin; lock table schema_migration in access exclusive mode');
    try {
      await expect(open()).rejects.toMatchObject({
        code: 'STORAGE_UNAVAILABLE',
        message: expect.stringContaining('pg_stat_activity'),
      });
    } finally {
      await admin.query('rollback');
    }
  });

  test('doctor says that "migrate --snapshot" needs to make a schema, before it is run', async () => {
    await admin.query(`revoke create on database ${nameOf(url)} from desk`);
    try {
      expect(await doctor()).toContainEqual({
        what: 'grants',
        state: 'warn',
        found: expect.stringContaining('"gatehouse migrate --snapshot"'),
        remedy: expect.stringContaining(`GRANT CREATE ON DATABASE "${nameOf(url)}" TO "desk";`),
      });
    } finally {
      await admin.query(`grant create on database ${nameOf(url)} to desk`);
    }
  });

  test.each(['LATIN1', 'SQL_ASCII'])('a database with the encoding %s is refused', async (encoding) => {
    const name = encoding.toLowerCase();
    await admin.query(
      `create database ${name} owner desk encoding '${encoding}' template template0 lc_collate 'C' lc_ctype 'C'`,
    );
    const its = deskUrl().replace(nameOf(url), name);
    const says = expect.stringMatching(new RegExp(`"${name}" has the encoding ${encoding}.*UTF8`));
    const refused = await checkPostgres(its).catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: 'CONFLICT', message: says });
    expect(await checkGrants({ databaseUrl: its })).toEqual([{ what: 'grants', state: 'fail', found: says }]);
    await admin.query(/CREATE DATABASE [^;]+;/.exec((refused as Error).message)![0]);
    await checkPostgres(deskUrl().replace(nameOf(url), 'gatehouse_utf8'));
    await admin.query('drop database gatehouse_utf8');
  });
});
