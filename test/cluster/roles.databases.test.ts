import { mkdirSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Gatehouse } from '../../service/compose/compose.ts';
import { createRecurringWorks, createRole, type Role, type Work } from '../../service/engine/events/index.ts';
import { silentLog } from '../../service/lib/log.ts';
import { type Database, openDatabase } from '../../service/storage/connection.ts';
import { createLeases } from '../../service/storage/leases.ts';
import { alone } from '../../service/storage/position/position.ts';
import { runOfNode } from '../../service/storage/runs.ts';
import type { Tx } from '../../service/storage/transaction.ts';
import { createMigrated } from '../storage/databases.ts';
import { operator } from '../support/engine.ts';
import { until } from '../support/fake-time.ts';
import { createManualTimers } from '../support/manual-timers.ts';
import { startPostgres, type TestPostgres } from '../support/postgres.ts';
import { binaries, type StartedNodes, startNodes } from './nodes.ts';

const clock = { now: () => Date.now() };

describe.skipIf(binaries === undefined)('work that one node does at a time', () => {
  let server: TestPostgres;
  let open: Database[];
  let url: string;
  /** Of the claims: what the database says, and what a test adds. */
  let passed: number;
  const warnings: string[] = [];
  const log = { ...silentLog, warn: (_: object, message: string) => void warnings.push(message) };

  beforeAll(async () => {
    server = await startPostgres(binaries!);
  });
  afterAll(() => server?.stop());
  beforeEach(async () => {
    url = await createMigrated(server);
    [open, passed] = [[], 0];
  });
  afterEach(async () => {
    for (const database of open) await database.close();
  });

  async function join(id: string) {
    const database = await openDatabase(
      { kind: 'postgres', url },
      { clock, log, writer: id, node: { id, version: '0.2.0', address: `http://127.0.0.1/${id}` } },
    );
    open.push(database);
    const timers = createManualTimers();
    const leases = createLeases();
    return {
      timers,
      db: database.db,
      inTransaction: leases.fenced(database.inTransaction),
      clock,
      log,
      leases,
      position: alone,
      runs: runOfNode(id, database.token!),
      time: async () => clock.now() + passed,
      timer: { after: timers.after },
    };
  }
  type Joined = Awaited<ReturnType<typeof join>>;

  const write = (tx: Tx, id: string) =>
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
      .execute();
  const written = async ({ db }: Joined) =>
    (await db.selectFrom('organization').select('id').orderBy('id').execute()).map(({ id }) => id);
  async function recurring(node: Joined, run: Work['run']) {
    const works = createRecurringWorks(node);
    works.add('retention', { every: 60_000, run });
    await works.start();
    works.soon('retention');
    return works;
  }

  test('a node that slept while another one took its work over writes nothing of it', async () => {
    const [a, b] = [await join('node_a'), await join('node_b')];
    const awake = Promise.withResolvers<void>();
    const failures: unknown[] = [];
    let begun = false;
    await recurring(a, async () => {
      begun = true;
      await awake.promise;
      // Whatever it calls, and however often.
      for (const id of ['org_1', 'org_2'])
        await a.inTransaction((tx) => write(tx, id)).catch((error: unknown) => failures.push(error));
    });
    a.timers.expire();
    await until(() => begun);
    passed += 61_000;
    let done = false;
    await recurring(b, async () => {
      await b.inTransaction((tx) => write(tx, 'org_b'));
      done = true;
    });
    b.timers.expire();
    await until(() => done);
    awake.resolve();
    await until(() => warnings.includes('recurring work ended after its claim was lost'));
    expect(failures).toMatchObject([{ code: 'CONFLICT' }, { code: 'CONFLICT' }]);
    expect(await written(b)).toEqual(['org_b']);
    // What it does besides is its own.
    await a.inTransaction((tx) => write(tx, 'org_a'));
    expect(await written(b)).toEqual(['org_a', 'org_b']);
  });

  test('a transaction of the work that is under way holds off who would take it over', async () => {
    const [a, b] = [await join('node_a'), await join('node_b')];
    const [began, goOn] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    let ended = false;
    await recurring(a, () =>
      a.inTransaction(async (tx) => {
        await write(tx, 'org_a');
        began.resolve();
        await goOn.promise;
      }),
    );
    a.timers.expire();
    await began.promise;
    passed += 61_000;
    const found: string[][] = [];
    await recurring(b, async () => {
      found.push(await written(b));
      ended = true;
    });
    b.timers.expire();
    await until(async () => (await lockWaits()) > 0);
    expect(ended).toBe(false);
    goOn.resolve();
    await until(() => ended);
    expect(found).toEqual([['org_a']]);
  });

  const lockWaits = () =>
    server.administer(async (client) => {
      const { rows } = await client.query(
        `select from pg_stat_activity where wait_event_type = 'Lock' and query like '%recurring_work%'`,
      );
      return rows.length;
    });

  test('a role stays where it is, moves when it is free, and is lost with the claim', async () => {
    const [a, b] = [await join('node_a'), await join('node_b')];
    const taken: string[] = [];
    const roleOf = (name: string, node: Joined): Role =>
      createRole('relay', node, async () => void taken.push(name));
    const [ofA, ofB] = [roleOf('a', a), roleOf('b', b)];
    const did: string[] = [];
    const perform = (name: string, role: Role) => role.perform(async () => void did.push(name));
    for (let i = 0; i < 2; i++) {
      await perform('a', ofA);
      await perform('b', ofB);
    }
    expect([taken, did]).toEqual([['a'], ['a', 'a']]);
    // As of a node that sleeps: the other takes it, and it notices with its first write.
    await ofA.perform(async () => {
      passed += 61_000;
      await perform('b', ofB);
      await expect(a.inTransaction((tx) => write(tx, 'org_a'))).rejects.toMatchObject({ code: 'CONFLICT' });
      throw new Error('what it does is over');
    });
    expect(await written(b)).toEqual([]);
    await perform('a', ofA);
    expect([taken, did]).toEqual([
      ['a', 'b'],
      ['a', 'a', 'b'],
    ]);
    await ofB.stop();
    await perform('a', ofA);
    expect(taken).toEqual(['a', 'b', 'a']);
    await ofA.stop();
  });

  test('a node that is drained gives its role to another, and begins no work until it may', async () => {
    const [a, b] = [await join('node_a'), await join('node_b')];
    let drained = true;
    const resting = { ...a, runs: { ...a.runs, rests: () => drained } };
    const did: string[] = [];
    const perform = (name: string, role: Role) => role.perform(async () => void did.push(name));
    const [ofA, ofB] = [resting, b].map((node) => createRole('relay', node, async () => {}));
    drained = false;
    await perform('a', ofA!);
    drained = true;
    await perform('a', ofA!);
    await perform('b', ofB!);
    expect(did).toEqual(['a', 'b']);
    await recurring(resting, async () => void did.push('work of a'));
    a.timers.expire();
    await recurring(b, async () => void did.push('work of b'));
    b.timers.expire();
    await until(() => did.includes('work of b'));
    expect(did).not.toContain('work of a');
    drained = false;
    passed += 61_000;
    await until(() => {
      a.timers.expire();
      return did.includes('work of a');
    });
    for (const role of [ofA!, ofB!]) await role.stop();
  });
});

describe.skipIf(binaries === undefined)('the works of two services', () => {
  let cluster: StartedNodes;
  let nodes: Record<'a' | 'b', Gatehouse>;
  beforeAll(async () => {
    cluster = await startNodes('a', 'b');
    const [a, b] = cluster.nodes;
    nodes = { a, b };
  });
  afterAll(() => cluster?.close());

  const holder = async () => {
    const rows = await cluster.query<{ node: 'a' | 'b' }>(
      `select substr(split_part(claimed_by, '/', 1), 6) as node from recurring_work
       where kind = 'relay' and claimed_by is not null`,
    );
    return rows[0]?.node;
  };
  const happens = (node: Gatehouse) =>
    node.organizations.set(cluster.organization, { twoPersonReview: true }, operator);
  const unrelayed = async () => {
    const rows = await cluster.query<{ n: number }>(
      'select count(*)::integer as n from outbox where relayed_at is null',
    );
    return rows[0]!.n;
  };

  test('one passes on what happens at either, and the other goes on when it is gone', async () => {
    for (const node of Object.values(nodes)) node.relay.start();
    await until(async () => (await holder()) !== undefined);
    const first = (await holder())!;
    const other = first === 'a' ? 'b' : 'a';
    await happens(nodes[other]);
    await until(async () => (await unrelayed()) === 0);
    expect(await holder()).toBe(first);
    await nodes[first].relay.stop();
    await until(async () => (await holder()) === other);
    await nodes[other].relay.stop();
    expect(await holder()).toBeUndefined();
  });

  test('what lies on the disk of a node is its own work, with a row of its own', async () => {
    for (const node of Object.values(nodes)) await node.recurring.start();
    const rows = await cluster.query<{ kind: string }>(
      `select kind from recurring_work where kind like 'backup%' order by kind`,
    );
    expect(rows.map(({ kind }) => kind)).toEqual(
      ['backup-drill', 'backups'].flatMap((kind) => ['a', 'b'].map((node) => `${kind}/node_${node}`)),
    );
    const kinds = (await nodes.b.recurring.list()).map(({ kind }) => kind);
    expect(kinds).toContain('backups');
    for (const node of Object.values(nodes)) await node.recurring.stop();
  });

  test('backups into a folder of one node are made by no other', async () => {
    const folder = `${cluster.dataOf('.')}/backups`;
    mkdirSync(folder, { recursive: true });
    await nodes.a.backups.schedule({ folder, everyMinutes: 60, keep: 2 }, operator);
    await nodes.b.backups.runDue();
    expect(await nodes.b.backups.page({ limit: 5 })).toEqual([]);
    await nodes.a.backups.runDue();
    expect(await nodes.a.backups.page({ limit: 5 })).toHaveLength(1);
  });
});
