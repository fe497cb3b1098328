import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { silentLog } from '../../service/lib/log.ts';
import { type Database, openDatabase } from '../../service/storage/connection.ts';
import { MIGRATION_LOCK, type NewerSchema } from '../../service/storage/migrate.ts';
import type { Migration } from '../../service/storage/migration.ts';
import { migrations } from '../../service/storage/migrations/index.ts';
import { takeUpdateTurn } from '../../service/storage/postgres/update-turn.ts';
import { openSilentWay } from '../cluster/silent-way.ts';
import { findPostgres, startPostgres, type TestPostgres } from '../support/postgres.ts';

const binaries = findPostgres();
const clock = { now: () => Date.now() };
const ours = migrations.at(-1)!.name;

/** Adds what programs from before leave out. */
const expand: Migration = {
  name: '9001-expand',
  up: ({ text }) => [`alter table organization add column motto ${text}`],
};
/** Takes away what programs from before it read. */
const contract: Migration = {
  name: '9002-contract',
  needs: { reader: 9001, writer: 9001 },
  up: () => ['alter table organization drop column color'],
};
const next = [...migrations, expand];
const afterNext = [...next, contract];

describe.skipIf(binaries === undefined)('nodes of several versions', () => {
  let server: TestPostgres;
  let url: string;
  let admin: pg.Client;
  let closers: (() => Promise<unknown>)[];
  beforeAll(async () => {
    server = await startPostgres(binaries ?? '');
  });
  afterAll(() => server?.stop());
  beforeEach(async () => {
    url = await server.createDatabase();
    admin = new pg.Client({ connectionString: url, application_name: 'admin' });
    admin.on('error', () => {});
    await admin.connect();
    closers = [() => admin.end()];
  });
  afterEach(async () => {
    for (const close of closers.toReversed()) await close();
  });

  async function start(
    name: string,
    knows: readonly Migration[] = migrations,
    newer: (schema: NewerSchema) => void = () => {},
    waits: (what: string) => void = () => {},
  ): Promise<Database> {
    const node = {
      id: `node_${name}`,
      version: knows === migrations ? '0.2.0' : '0.3.0',
      address: `https://${name}`,
    };
    const database = await openDatabase(
      { kind: 'postgres', url },
      { clock, log: silentLog, writer: `gatehouse ${name}`, node, newer, waits },
      knows,
    );
    closers.push(() => database.close());
    return database;
  }
  const add = ({ inTransaction }: Database, id: string) =>
    inTransaction((tx) =>
      tx
        .insertInto('organization')
        .values({
          id,
          name: id,
          created_at: 1,
          match_only: 0,
          uniqueness_policy: 'off',
          consent_policy: 'attested',
        })
        .execute(),
    );
  const schemas = async () => {
    const { rows } = await admin.query<{ name: string }>('select name from schema_migration order by name');
    return rows.map(({ name }) => name);
  };
  const snapshots = async () =>
    (await admin.query("select from pg_namespace where nspname like 'gatehouse_snapshot_%'")).rowCount;

  test('what only adds is done beside nodes that do not know it, which go on and start again', async () => {
    const a = await start('a');
    const b = await start('b', next);
    expect([b.version, await schemas()]).toEqual(['9001-expand', [ours, '9001-expand']]);
    await add(a, 'org_a');
    await add(b, 'org_b');
    await a.close();
    const seen: NewerSchema[] = [];
    await add(await start('a', migrations, (schema) => void seen.push(schema)), 'org_again');
    expect(seen).toEqual([{ what: 'database', has: '9001-expand', knows: ours }]);
    expect((await admin.query('select from organization')).rowCount).toBe(3);
  });

  test('what a node cannot work with is refused before anything is changed, naming it', async () => {
    const a = await start('a');
    const refused = expect.objectContaining({
      code: 'CONFLICT',
      message: expect.stringMatching(
        new RegExp(
          `schema ${ours}, .* bring it to 9002-contract, .* know schema 9001-expand\\. .*node_a \\(0\\.2\\.0, schemas up to ${ours}, https://a\\).*Update them first to a version that knows 9001-expand, or stop them`,
        ),
      ),
    });
    await expect(start('b', afterNext)).rejects.toEqual(refused);
    expect([await schemas(), await snapshots()]).toEqual([[ours], 0]);
    await add(a, 'org_a');
    expect((await admin.query('select node from service_node')).rows).toEqual([{ node: 'node_a' }]);

    await start('c', next);
    await expect(start('b', afterNext)).rejects.toEqual(
      expect.objectContaining({ message: expect.not.stringContaining('node_c') }),
    );
    await a.close();
    expect((await start('b', afterNext)).version).toBe('9002-contract');
    await expect(start('a')).rejects.toMatchObject({
      code: 'CONFLICT',
      message: expect.stringContaining('knows schemas up to'),
    });
  });

  test('a node that starts while another one migrates is let in or keeps it off, never neither', async () => {
    await (await start('first', next)).close();
    const outcomes = await Promise.allSettled([start('old', migrations), start('new', afterNext)]);
    const started = outcomes.map(({ status }) => status === 'fulfilled');
    expect(started.filter(Boolean)).toHaveLength(1);
    expect((await schemas()).includes('9002-contract')).toBe(started[1]);
  });

  test('a node that gives no sign holds nothing up for longer than it takes to remove it', async () => {
    await (await start('a')).close();
    await admin.query(
      `insert into service_node values ('lost', 'node_lost', 'gatehouse lost', 'none', '0.2.0', $1, 'https://lost', 0,
         clock_timestamp(), 7, clock_timestamp() - interval '1 minute', 0)`,
      [ours],
    );
    expect((await start('b', afterNext)).version).toBe('9002-contract');
    expect((await admin.query('select node from service_node')).rows).toEqual([{ node: 'node_b' }]);
  });

  test('one is updated at a time: another one is refused, with who has the turn, until that session ends', async () => {
    const turn = await takeUpdateTurn(url, 'gate-1');
    await expect(takeUpdateTurn(url, 'gate-2')).rejects.toMatchObject({
      code: 'CONFLICT',
      message: expect.stringContaining('is being updated (gatehouse update on gate-1'),
    });
    await turn.end();
    await (await takeUpdateTurn(url, 'gate-2')).end();
  });

  test('an update waits for what an earlier one of its machine left at the server', async () => {
    const killed = await takeUpdateTurn(url, 'gate-1');
    const again = takeUpdateTurn(url, 'gate-1');
    const looked = "application_name like '%gate-1' and query like '%from pg_locks%'";
    await expect
      .poll(async () => (await admin.query(`select from pg_stat_activity where ${looked}`)).rowCount)
      .toBe(1);
    await killed.end();
    await (await again).end();
  });

  test('an update notices that it has the turn no more, once its connection has ended or nothing answers', async () => {
    const way = await openSilentWay(server.folder);
    try {
      for (const lose of [
        () =>
          admin.query(
            "select pg_terminate_backend(pid) from pg_stat_activity where application_name like '%gate-3'",
          ),
        async () => way.cut(),
      ]) {
        const { lost } = await takeUpdateTurn(way.to(url), 'gate-3');
        await lose();
        expect(await lost).toMatchObject({ code: 'STORAGE_UNAVAILABLE' });
      }
    } finally {
      way.close();
    }
  });

  test('a start waits as long as the record is copied before the update of another node, and says so', async () => {
    await (await start('a')).close();
    await admin.query('select pg_advisory_lock($1)', [MIGRATION_LOCK]);
    const waits: string[] = [];
    const real = performance.now.bind(performance);
    let later = 0;
    const watch = vi.spyOn(performance, 'now').mockImplementation(() => real() + later);
    try {
      const started = start('a', migrations, undefined, (what) => void waits.push(what));
      const waiting = "select from pg_locks where locktype = 'advisory' and not granted";
      await expect.poll(async () => (await admin.query(waiting)).rowCount).toBe(1);
      // Longer than a migration is begun again.
      later = 120_000;
      await expect.poll(() => waits, { timeout: 20_000 }).toEqual(['database']);
      await admin.query('select pg_advisory_unlock_all()');
      expect((await started).version).toBe(ours);
    } finally {
      watch.mockRestore();
    }
  });

  test('a table that a long transaction holds is waited for, and others go on meanwhile', async () => {
    const a = await start('a');
    await admin.query('begin; select from organization');
    const held = start('b', next);
    await expect
      .poll(
        async () =>
          (await admin.query("select from pg_locks where mode = 'AccessExclusiveLock' and not granted"))
            .rowCount,
      )
      .toBe(1);
    await add(a, 'org_meanwhile');
    await admin.query('commit');
    expect((await held).version).toBe('9001-expand');
  });
});
