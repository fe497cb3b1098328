import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createMigrated } from '../../../test/storage/databases.ts';
import { findPostgres, startPostgres, type TestPostgres } from '../../../test/support/postgres.ts';
import { silentLog } from '../../lib/log.ts';
import { openDatabase } from '../connection.ts';
import type { Migration } from '../migration.ts';
import { migrations } from '../migrations/index.ts';
import { withPostgresSession } from './postgres.ts';
import { homeOf, snapshotsOf } from './snapshot-postgres.ts';

const binaries = findPostgres();
const newest = migrations.at(-1)!.name;
const note: Migration = {
  name: '9001-note',
  up: ({ text, strict }) => [`create table note (id ${text} primary key not null)${strict}`],
};

/** Of everything that the migrations give a name to: tables, columns, indexes, constraints. */
const SHAPE = `
  select 'column' as what, table_name || '.' || column_name || ' ' || data_type || ' ' || coalesce(collation_name, '') ||
    ' ' || is_nullable || ' ' || coalesce(column_default, '') as text
    from information_schema.columns where table_schema = $1
  union all select 'index', replace(indexdef, $1 || '.', '') from pg_indexes where schemaname = $1
  union all select conname, replace(pg_get_constraintdef(oid), $1 || '.', '') from pg_constraint where connamespace = $1::regnamespace
  order by 1, 2`;

describe.skipIf(binaries === undefined)('the snapshot of a PostgreSQL database before a migration', () => {
  let server: TestPostgres;
  let url: string;
  let admin: pg.Client;
  let time: number;
  beforeAll(async () => {
    server = await startPostgres(binaries ?? '');
  });
  afterAll(() => server?.stop());
  beforeEach(async () => {
    time = Date.UTC(2026, 10, 20);
    url = await createMigrated(server);
    admin = new pg.Client({ connectionString: url });
    await admin.connect();
    await open([...migrations]);
    await admin.query(
      "insert into organization (id, name, created_at, match_only, uniqueness_policy, consent_policy) select 'org_' || n, 'Müseum', n, 0, 'off', 'attested' from generate_series(1, 1000) n",
    );
    await admin.query(
      "insert into site values ('site_1', 'org_1', 'x', '10.0.0.0/8', 'CH', 47.12345678901234, 1e-300, 'UTC', 1)",
    );
  });
  afterEach(() => admin.end());

  const clock = { now: () => (time += 1000) };
  const open = async (list: readonly Migration[], at = url) => {
    await (await openDatabase({ kind: 'postgres', url: at }, { clock, log: silentLog }, list)).close();
  };
  const schemas = async () => {
    const { rows } = await admin.query<{ nspname: string }>(
      "select nspname from pg_namespace where nspname like 'gatehouse%' order by 1",
    );
    return rows.map(({ nspname }) => nspname);
  };
  const versionNow = async () =>
    (await admin.query('select max(name) as name from schema_migration')).rows[0].name;
  const shapeOf = async (schema: string) =>
    (await admin.query(SHAPE, [schema])).rows.map(({ what, text }) => `${what}: ${text}`);

  test('has the same tables, rows, indexes and constraints by the same names', async () => {
    const shape = await shapeOf('public');
    await open([...migrations, note]);
    const [schema = ''] = await schemas();
    expect(schema).toMatch(/^gatehouse_snapshot_2026_11_20_00_00_\d\d_000$/);
    expect(shape.length).toBeGreaterThan(100);
    expect(await shapeOf(schema)).toEqual(shape.map((line) => line.replaceAll('public.', `${schema}.`)));
    const { rows } = await admin.query(
      `select (select count(*)::int from ${schema}.organization) as organizations, (select latitude from ${schema}.site) as latitude,
        (select count(*)::int from (select * from public.schema_migration except select * from ${schema}.schema_migration) x) as newer`,
    );
    expect(rows).toEqual([{ organizations: 1000, latitude: 47.12345678901234, newer: 1 }]);
    const found = await withPostgresSession(url, 'test', async (session) =>
      snapshotsOf(session, await homeOf(session)),
    );
    expect(found).toMatchObject([
      { schema, version: newest, home: 'public', tables: { organization: { rows: 1000 } } },
    ]);
  });

  test('the newest three stay', async () => {
    const list = [...migrations];
    const made: string[] = [];
    for (let n = 1; n <= 4; n++) {
      list.push({ name: `900${n}-note`, up: ({ text }) => [`create table note_${n} (id ${text})`] });
      await open(list);
      made.push((await schemas()).at(-1)!);
    }
    expect(await schemas()).toEqual(made.slice(1));
  });

  test('a role that may not create a schema gets the needed grant, and nothing was changed', async () => {
    const role = `clerk_${new URL(url).pathname.slice(2, 10)}`;
    await admin.query(
      `create role ${role} login; grant usage, create on schema public to ${role}; grant select, insert, update, delete on all tables in schema public to ${role}; grant select, usage, update on all sequences in schema public to ${role}`,
    );
    const asClerk = url.replace('gatehouse@', `${role}@`);
    const refused = await open([...migrations, note], asClerk).catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: 'CONFLICT' });
    const { message } = refused as Error;
    expect(message).toContain('may not make a schema');
    const [grant = ''] = /GRANT [^;]+;/.exec(message) ?? [];
    expect(grant).toMatch(/^GRANT CREATE ON DATABASE "t\w+" TO "clerk_\w+";$/);
    expect([await versionNow(), await schemas()]).toEqual([newest, []]);
    await admin.query(grant);
    await open([...migrations, note], asClerk);
    expect([await versionNow(), (await schemas()).length]).toEqual(['9001-note', 1]);
  });

  test('a full disk stops the migration, and nothing of a copy stays', async () => {
    await admin.query(`
      create function full_disk() returns event_trigger language plpgsql as $$
      begin raise exception 'could not extend file' using errcode = '53100'; end $$;
      create event trigger full_disk on ddl_command_end when tag in ('COMMENT') execute function full_disk()`);
    await expect(open([...migrations, note])).rejects.toMatchObject({ code: 'STORAGE_FULL' });
    expect([await versionNow(), await schemas()]).toEqual([newest, []]);
    await admin.query('drop event trigger full_disk');
    await open([...migrations, note]);
    expect(await versionNow()).toBe('9001-note');
  });

  test('two starts at once both end with the newer schema, and the copy is of the one before', async () => {
    const both = [...migrations, note];
    await Promise.all([open(both), open(both)]);
    const found = await withPostgresSession(url, 'test', (session) => snapshotsOf(session, 'public'));
    expect([await versionNow(), new Set(found.map(({ version }) => version))]).toEqual([
      '9001-note',
      new Set([newest]),
    ]);
  });
});
