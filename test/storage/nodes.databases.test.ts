import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { silentLog } from '../../service/lib/log.ts';
import { type Database, openDatabase } from '../../service/storage/connection.ts';
import type { PostgresLock } from '../../service/storage/postgres/held-right.ts';
import { joinNodes, listNodes } from '../../service/storage/postgres/nodes.ts';
import { requireNodesStopped } from '../../service/storage/postgres/nodes-stopped.ts';
import { openSilentWay, type SilentWay } from '../cluster/silent-way.ts';
import { findPostgres, startPostgres, type TestPostgres } from '../support/postgres.ts';
import { createMigrated } from './databases.ts';

const binaries = findPostgres();
const clock = { now: () => Date.now() };
const silent = { log: silentLog };

describe.skipIf(binaries === undefined)('nodes of a PostgreSQL database', () => {
  let server: TestPostgres;
  let url: string;
  let closers: (() => Promise<unknown>)[];
  beforeAll(async () => {
    server = await startPostgres(binaries ?? '');
  });
  afterAll(() => server?.stop());
  beforeEach(async () => {
    url = await createMigrated(server);
    closers = [];
  });
  afterEach(async () => {
    for (const close of closers.toReversed()) await close();
  });

  const nodeOf = (id: string) => ({ id, version: '0.2.0', address: `https://${id}:7300` });
  async function open(id: string, of: 'node' | 'alone' = 'node'): Promise<Database> {
    const database = await openDatabase(
      { kind: 'postgres', url },
      { clock, ...silent, writer: `gatehouse ${id}`, ...(of === 'node' && { node: nodeOf(id) }) },
    );
    closers.push(() => database.close());
    return database;
  }
  async function join(id: string, { now = clock.now, still = 10_000, by = url } = {}): Promise<PostgresLock> {
    const lock = await joinNodes(by, {
      ...silent,
      holder: `gatehouse ${id}`,
      sessions: `pool of ${id}`,
      node: nodeOf(id),
      schema: '0001-baseline',
      clock: { now },
      still,
    });
    closers.push(() => lock.close());
    return lock;
  }
  async function connect(name = 'admin'): Promise<pg.Client> {
    const client = new pg.Client({ connectionString: url, application_name: name });
    client.on('error', () => {});
    await client.connect();
    closers.push(() => client.end().catch(() => {}));
    return client;
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
  const ids = async (admin: pg.Client) => (await listNodes((sql) => admin.query(sql))).map(({ id }) => id);
  const refusalOf = (lock: Pick<PostgresLock, 'require'>) => {
    try {
      return lock.require();
    } catch (error) {
      return error;
    }
  };

  test('write at the same time, and leave as they close', async () => {
    const [a, b] = [await open('node_a'), await open('node_b')];
    await Promise.all(Array.from({ length: 20 }, (_, n) => add(n % 2 ? a : b, `org_${n}`)));
    const admin = await connect();
    expect((await admin.query('select from organization')).rowCount).toBe(20);
    expect(await listNodes((sql) => admin.query(sql))).toMatchObject([
      { ...nodeOf('node_a'), holder: 'gatehouse node_a' },
      { ...nodeOf('node_b'), holder: 'gatehouse node_b' },
    ]);
    await a.close();
    expect(await ids(admin)).toEqual(['node_b']);
  });

  test('are refused beside a service that shares it with none, and the other way round', async () => {
    const alone = await open('alone', 'alone');
    await expect(open('node_a')).rejects.toMatchObject({
      code: 'CONFLICT',
      message: expect.stringMatching(/in use by gatehouse alone.*start it as a node too/),
    });
    await alone.close();
    closers = [];
    await open('node_a');
    await expect(open('alone', 'alone')).rejects.toMatchObject({
      code: 'CONFLICT',
      message: expect.stringMatching(
        /in use by nodes.*: node_a \(0\.2\.0, https:\/\/node_a:7300\).*start this service as a node too/,
      ),
    });
  });

  describe('that the others could not reach are refused', () => {
    const at = (id: string, address: string, holder = `gatehouse 7 on ${id}: /srv/gatehouse`) =>
      joinNodes(url, {
        ...silent,
        holder,
        node: { ...nodeOf(id), address },
        schema: '0001-baseline',
        clock,
      }).then((lock) => {
        closers.push(() => lock.close());
        return lock;
      });

    test.each([
      [
        'at the address of another one',
        'node_b',
        'https://10.0.0.1:7301',
        'is where they reach gatehouse 7 on node_a',
      ],
      [
        'at a loopback address',
        'node_b',
        'https://127.0.0.1:7301',
        'Give this one an address of the network',
      ],
      [
        'as a copy of the directory of another one',
        'node_a',
        'https://10.0.0.2:7301',
        'is a copy of its one',
      ],
    ])('%s', async (_, id, address, message) => {
      await at('node_a', 'https://10.0.0.1:7301');
      const attempt = at(id, address, 'gatehouse 7 on elsewhere: /srv/gatehouse');
      await expect(attempt).rejects.toMatchObject({
        code: 'CONFLICT',
        message: expect.stringContaining(message),
      });
      await at('node_c', 'https://10.0.0.3:7301');
    });

    test('also beside one that is busy and misses a heartbeat', async () => {
      await at('node_a', 'https://10.0.0.1:7301');
      const admin = await connect();
      await admin.query('begin');
      await admin.query('select from service_node for update');
      const attempt = at('node_b', 'https://10.0.0.1:7301');
      const refused = expect(attempt).rejects.toMatchObject({ code: 'CONFLICT' });
      // Longer than one heartbeat is waited for.
      await admin.query('select pg_sleep(3)');
      await admin.query('rollback');
      await refused;
    });

    test('beside one at a loopback address', async () => {
      await at('node_a', 'https://127.0.0.1:7301');
      await expect(at('node_b', 'https://10.0.0.1:7301')).rejects.toMatchObject({
        message: expect.stringContaining('Restart that one with an address of the network'),
      });
    });

    test('not for what a killed one has left', async () => {
      await at('node_a', 'https://10.0.0.1:7301');
      const admin = await connect();
      await admin.query("update service_node set token = 'of a killed one', node = 'node_killed'");
      await at('node_b', 'https://10.0.0.1:7301');
      expect(await ids(admin)).toContain('node_b');
    });
  });

  test('that give no sign hold up no service that wants the database alone, and write nothing when they wake up', async () => {
    const asleep = await connect('pool of node_asleep');
    await (await join('node_first')).close();
    await asleep.query('select pg_advisory_lock_shared(7184002)');
    await asleep.query(
      `insert into service_node values ('its own', 'node_asleep', 'gatehouse asleep', 'pool of node_asleep', '0.2.0', '0001-baseline',
         'https://asleep', pg_backend_pid(), clock_timestamp(), 7, clock_timestamp(), 0)`,
    );
    const alone = await open('alone', 'alone');
    await add(alone, 'org_alone');
    await expect(asleep.query('select')).rejects.toThrow();
    expect(await ids(await connect())).toEqual([]);
  });

  test('of which a row is left, without a session, are removed by the next service that has the database alone', async () => {
    const lock = await join('node_lost');
    const admin = await connect();
    await admin.query('create table kept as select * from service_node');
    await lock.close();
    await admin.query('insert into service_node select * from kept; drop table kept');
    await open('alone', 'alone');
    expect(await ids(admin)).toEqual([]);
  });

  test('that are silent are removed by the others, with the transaction that they had begun', async () => {
    const hung = await connect('pool of node_hung');
    const live = await join('node_live', { still: 0 });
    await hung.query(
      `insert into service_node select 'its own', 'node_hung', 'gatehouse hung', 'pool of node_hung', version, schema, address, 0,
         joined_at, 7, beaten_at, 0 from service_node`,
    );
    await hung.query('begin');
    expect(
      (await hung.query("select from service_node where token = 'its own' for key share")).rowCount,
    ).toBe(1);
    const admin = await connect();
    await expect.poll(() => ids(admin), { timeout: 20_000 }).toEqual(['node_live']);
    await expect(hung.query('commit')).rejects.toThrow();
    expect(refusalOf(live)).toBeUndefined();
  });

  test('that were removed write nothing, and join again after a restart', async () => {
    const a = await open('node_a');
    const admin = await connect();
    await admin.query('delete from service_node');
    await expect(add(a, 'org_after')).rejects.toMatchObject({
      code: 'STORAGE_UNAVAILABLE',
      message: expect.stringContaining('until it has started anew'),
    });
    await a.close();
    closers = [];
    await add(await open('node_a'), 'org_again');
  });

  test('are waited for until their transaction has ended before they are removed', async () => {
    const a = await open('node_a');
    const [admin, other] = [await connect(), await connect('remover')];
    let removed: Promise<unknown> | undefined;
    await a.inTransaction(async (tx) => {
      await tx.selectFrom('organization').select('id').execute();
      removed = other.query('delete from service_node');
      await expect
        .poll(
          async () =>
            (
              await admin.query(
                "select from pg_stat_activity where application_name = 'remover' and wait_event_type = 'Lock'",
              )
            ).rowCount,
        )
        .toBe(1);
    });
    await removed;
    await expect(add(a, 'org_after')).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE' });
  });

  test('that start at the same time on a database without nodes', async () => {
    const names = Array.from({ length: 8 }, (_, i) => `node_${i}`);
    await Promise.all(names.map((id) => join(id)));
    expect((await ids(await connect())).toSorted()).toEqual(names);
  });

  test('that lose their connection take it up again', async () => {
    const a = await open('node_a');
    const admin = await connect();
    await admin.query(
      "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'gatehouse node_a'",
    );
    await expect
      .poll(() =>
        add(a, `org_${performance.now()}`).then(
          () => 'written',
          () => 'refused',
        ),
      )
      .toBe('written');
    expect(await ids(admin)).toEqual(['node_a']);
  });

  describe('behind a router', () => {
    let way: SilentWay;
    beforeEach(async () => {
      way = await openSilentWay(server.folder);
    });
    afterEach(() => way.close());

    test('that is restarted and refuses connections meanwhile, join again before the others remove them', async () => {
      await join('node_a');
      const b = await join('node_b', { by: way.to(url) });
      const admin = await connect();
      const beats = async () =>
        (await admin.query("select beats::integer from service_node where node = 'node_a'")).rows[0].beats;
      const before = await beats();
      await expect.poll(beats, { timeout: 20_000 }).toBeGreaterThan(before + 1);
      way.refuse(6);
      await expect.poll(() => refusalOf(b)).toMatchObject({ code: 'STORAGE_UNAVAILABLE' });
      await expect.poll(() => refusalOf(b), { timeout: 20_000 }).toBeUndefined();
      expect(await ids(admin)).toEqual(['node_a', 'node_b']);
    });

    test('that still refuses them when the server is there again, are waited for by a service that wants the database alone', async () => {
      const lock = await join('node_a', { by: way.to(url) });
      const admin = await connect();
      way.refuse(Number.POSITIVE_INFINITY);
      await expect.poll(() => refusalOf(lock)).toMatchObject({ code: 'STORAGE_UNAVAILABLE' });
      const alone = open('alone', 'alone').catch((error: unknown) => error);
      await expect
        .poll(async () => {
          const { rowCount } = await admin.query(
            "select from pg_stat_activity where application_name = 'gatehouse alone' and query like '%advisory_unlock%'",
          );
          return rowCount;
        })
        .toBe(1);
      way.refuse(0);
      expect(await alone).toMatchObject({
        code: 'CONFLICT',
        message: expect.stringContaining('in use by nodes that share it: node_a'),
      });
      await expect.poll(() => refusalOf(lock), { timeout: 20_000 }).toBeUndefined();
    });

    test('that still refuses them when the server is there again, are found by a restore', async () => {
      const lock = await join('node_a', { by: way.to(url) });
      const admin = await connect();
      way.refuse(Number.POSITIVE_INFINITY);
      await expect.poll(() => refusalOf(lock)).toMatchObject({ code: 'STORAGE_UNAVAILABLE' });
      await admin.query("update service_node set beaten_at = beaten_at - interval '1 minute'");
      const restore = requireNodesStopped(url).catch((error: unknown) => error);
      await expect
        .poll(async () => {
          const { rowCount } = await admin.query(
            "select from pg_stat_activity where application_name = 'gatehouse restore' and query like '%service_node%'",
          );
          return rowCount;
        })
        .toBe(1);
      way.refuse(0);
      expect(await restore).toMatchObject({ code: 'CONFLICT', message: expect.stringContaining('node_a (') });
      expect(await ids(admin)).toEqual(['node_a']);
    });
  });

  test('of which rows alone are left are removed by a restore', async () => {
    await join('node_a');
    const admin = await connect();
    await admin.query('create table kept as select * from service_node');
    for (const close of closers.splice(0, 1)) await close();
    await admin.query(
      "insert into service_node select * from kept; drop table kept; update service_node set beaten_at = beaten_at - interval '1 minute'",
    );
    await requireNodesStopped(url);
    expect(await ids(admin)).toEqual([]);
  });

  test('with a wrong clock are refused, and write nothing while it is wrong', async () => {
    await expect(join('node_early', { now: () => Date.now() - 5 * 60_000 })).rejects.toMatchObject({
      code: 'CONFLICT',
      message: expect.stringMatching(/behind the clock of the database server; 2000 ms are allowed/),
    });
    let wrong = 0;
    const lock = await join('node_a', { now: () => Date.now() + wrong });
    wrong = 5 * 60_000;
    await expect
      .poll(() => refusalOf(lock), { timeout: 20_000 })
      .toMatchObject({ code: 'STORAGE_UNAVAILABLE', message: expect.stringContaining('ahead of') });
    wrong = 0;
    await expect.poll(() => refusalOf(lock), { timeout: 20_000 }).toBeUndefined();
  });
});
