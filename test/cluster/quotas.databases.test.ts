import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createLimits, type LimitedCaller, type Limits } from '../../service/engine/accounts/index.ts';
import { createIds, type OrganizationId } from '../../service/lib/id.ts';
import { silentLog } from '../../service/lib/log.ts';
import { type Database, openDatabase } from '../../service/storage/connection.ts';
import { createMigrated } from '../storage/databases.ts';
import { createTestAudit } from '../support/audit.ts';
import { findPostgres, startPostgres, type TestPostgres } from '../support/postgres.ts';

const binaries = findPostgres();
const clock = { now: () => Date.now() };
const operator = { is: 'operator', name: 'root' } as const;
const organization = 'org_one' as OrganizationId;
const caller: LimitedCaller = { organization, world: 'live', lineage: 'key_one' };
const metered = { metered: true };

describe.skipIf(binaries === undefined)('what several nodes count together', () => {
  let server: TestPostgres;
  let url: string;
  let closers: (() => Promise<void>)[];
  beforeAll(async () => {
    server = await startPostgres(binaries!);
  });
  afterAll(() => server?.stop());
  beforeEach(async () => {
    url = await createMigrated(server);
    closers = [];
  });
  afterEach(async () => {
    for (const close of closers.toReversed()) await close();
  });

  interface TestNode extends Database {
    limits: Limits;
    id: string;
  }
  /** Nothing is written but by `flush` and what a decision asks for. */
  async function join(id: string): Promise<TestNode> {
    const node = { id, version: '0.2.0', address: `https://${id}:7300` };
    const database = await openDatabase(
      { kind: 'postgres', url },
      { clock, log: silentLog, writer: id, node },
    );
    closers.push(() => database.close());
    const limits = createLimits({
      ...database,
      node: { ...node, token: database.token!, requireWriter: database.requireWriter },
      sealer: { emailHash: (_, text) => `hash of ${text}` },
      audit: createTestAudit({ ids: createIds(clock), clock }),
      clock,
      log: silentLog,
    });
    await limits.load();
    return Object.assign(database, { limits, id });
  }
  async function joinAll(...ids: string[]): Promise<TestNode[]> {
    const nodes: TestNode[] = [];
    for (const id of ids) nodes.push(await join(id));
    await nodes[0]!.db
      .insertInto('organization')
      .values({
        id: organization,
        name: 'One',
        created_at: 1,
        match_only: 0,
        uniqueness_policy: 'off',
        consent_policy: 'attested',
      })
      .execute();
    // Each knows how many they are.
    for (const { limits } of nodes) await limits.load();
    return nodes;
  }
  /** As the position does it. */
  async function set(nodes: TestNode[], change: Parameters<Limits['set']>[1]): Promise<void> {
    await nodes[0]!.limits.set(organization, change, operator);
    for (const { limits } of nodes) limits.forgetRead();
  }
  async function countIn(work: Promise<unknown>[]): Promise<number> {
    return (await Promise.allSettled(work)).filter(({ status }) => status === 'fulfilled').length;
  }

  test('a month ends at its limit, however many ask at once at however many nodes', async () => {
    const nodes = await joinAll('node_a', 'node_b', 'node_c');
    await set(nodes, { monthly: 100, burst: 10_000 });
    const asked = nodes.flatMap(({ limits }) =>
      Array.from({ length: 60 }, () => limits.admit(caller, metered)),
    );
    expect(await countIn(asked)).toBe(100);
    for (const { limits } of nodes)
      expect((await limits.show(organization)).organization).toEqual({ used: 100, limit: 100 });
    const refusal = await nodes[1]!.limits.admit(caller, metered).catch((error) => error);
    expect(refusal).toMatchObject({ code: 'MONTHLY_LIMIT_EXCEEDED' });
    expect(refusal.extra.rateLimits.at(-1)).toMatchObject({ name: 'month', quota: 100, left: 0 });
  });

  test('what a key may is part of what its organization may: neither counts what the other refused', async () => {
    const nodes = await joinAll('node_a', 'node_b');
    await set(nodes, { monthly: 10 });
    await nodes[0]!.inTransaction((tx) =>
      tx
        .insertInto('api_key')
        .values({
          id: 'key_one',
          organization,
          name: 'One',
          world: 'live',
          lineage: 'key_one',
          scopes: '[]',
          origins: '[]',
          cidrs: '[]',
          hint: 'x',
          secret_hash: '0',
          created_at: 1,
          prefix: 'gk',
          browser: 0,
          mac: '',
          limits: '{"monthly":4}',
        } as never)
        .execute(),
    );
    for (const { limits } of nodes) limits.forgetRead();
    const other = { ...caller, lineage: 'key_two' };
    const ask = (who: LimitedCaller) =>
      nodes.flatMap(({ limits }) => Array.from({ length: 4 }, () => limits.admit(who, metered)));
    const [own, others] = await Promise.all([countIn(ask(caller)), countIn(ask(other))]);
    expect(own).toBe(4);
    expect(own + others).toBe(10);
    const { organization: all, key } = await nodes[1]!.limits.show(organization, 'key_one' as never);
    expect([all.used, key!.used]).toEqual([10, 4]);
  });

  test('what was given back at one node is there for all', async () => {
    const nodes = await joinAll('node_a', 'node_b');
    const [a, b] = nodes as [TestNode, TestNode];
    await set(nodes, { monthly: 1 });
    const admitted = await a.limits.admit(caller, metered);
    await expect(b.limits.admit(caller, metered)).rejects.toMatchObject({ code: 'MONTHLY_LIMIT_EXCEEDED' });
    admitted.answered('IMAGE_UNREADABLE');
    admitted.answered('IMAGE_UNREADABLE');
    await a.limits.flush();
    await b.limits.admit(caller, metered);
    await expect(a.limits.admit(caller, metered)).rejects.toMatchObject({ code: 'MONTHLY_LIMIT_EXCEEDED' });
  });

  test('without a limit the months of all nodes add up', async () => {
    const nodes = await joinAll('node_a', 'node_b');
    for (const { limits } of nodes)
      await Promise.all(Array.from({ length: 30 }, () => limits.admit(caller, metered)));
    await Promise.all(nodes.map(({ limits }) => limits.flush()));
    expect((await nodes[1]!.limits.show(organization)).organization.used).toBe(60);
  });

  test('of a minute a caller gets all at one node, and no more at the others once they have looked', async () => {
    const nodes = await joinAll('node_a', 'node_b');
    const [a, b] = nodes as [TestNode, TestNode];
    await set(nodes, { burst: 20 });
    const all = Array.from({ length: 30 }, () => a.limits.admit(caller, { metered: false }));
    expect(await countIn(all)).toBe(20);
    // Its first is within its share; then it knows.
    await b.limits.admit(caller, { metered: false });
    await b.limits.flush();
    const refusal = await b.limits.admit(caller, { metered: false }).catch((error) => error);
    expect(refusal).toMatchObject({
      code: 'BURST_LIMIT_EXCEEDED',
      extra: { rateLimits: [{ name: 'burst', quota: 20, left: 0 }] },
    });
  });

  test('what is left of a minute is that of all nodes', async () => {
    const nodes = await joinAll('node_a', 'node_b');
    const [a, b] = nodes as [TestNode, TestNode];
    await set(nodes, { burst: 50 });
    for (const { limits } of [a, b]) {
      for (let i = 0; i < 10; i++) await limits.admit(caller, { metered: false });
      await limits.flush();
    }
    const { limits } = await b.limits.admit(caller, { metered: false });
    expect(limits).toMatchObject([{ name: 'burst', quota: 50, left: 29 }]);
  });

  test('guesses at keys count wherever they are made', async () => {
    const nodes = await joinAll('node_a', 'node_b');
    for (const { limits } of nodes) for (let i = 0; i < 10; i++) limits.refusals.count('203.0.113.9');
    for (const { limits } of nodes) await limits.flush();
    expect(await nodes[1]!.limits.refusals.wait('203.0.113.9')).toBeGreaterThan(0);
  });

  test('a node that was removed counts nothing', async () => {
    const nodes = await joinAll('node_a', 'node_b');
    const [a, b] = nodes as [TestNode, TestNode];
    await set(nodes, { monthly: 10 });
    await a.db
      .deleteFrom('service_node' as never)
      .where('node' as never, '=', 'node_b' as never)
      .execute();
    await expect(b.limits.admit(caller, metered)).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE' });
    expect((await a.limits.show(organization)).organization.used).toBe(0);
  });

  test('in whatever order they ask and flush, a minute is passed by less than the shares of the others', async () => {
    const nodes = await joinAll('node_a', 'node_b', 'node_c');
    let round = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.integer({ min: 1, max: 30 }),
        fc.array(fc.record({ at: fc.nat(2), does: fc.constantFrom('asks', 'asks', 'asks', 'flushes') }), {
          minLength: 20,
          maxLength: 120,
        }),
        async (scheduler, most, steps) => {
          const lineage = `key_${round++}`;
          await set(nodes, { burst: most });
          let taken = 0;
          const done = steps.map(({ at, does }, i) =>
            scheduler.schedule(Promise.resolve(i)).then(async () => {
              const { limits } = nodes[at]!;
              if (does === 'flushes') return limits.flush();
              if ((await countIn([limits.admit({ ...caller, lineage }, { metered: false })])) === 1) taken++;
            }),
          );
          await scheduler.waitAll();
          await Promise.all(done);
          expect(taken).toBeLessThanOrEqual(most + 2 * Math.max(1, Math.floor(most / 3)));
          const asked = steps.filter(({ does }) => does === 'asks').length;
          expect(taken).toBeGreaterThanOrEqual(Math.min(most, asked));
        },
      ),
      { numRuns: 25, seed: 50 },
    );
  });
});
