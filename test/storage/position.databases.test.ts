import fc from 'fast-check';
import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { silentLog } from '../../service/lib/log.ts';
import { type Database, openDatabase } from '../../service/storage/connection.ts';
import { openPosition, type Position } from '../../service/storage/position/position.ts';
import type { Tx } from '../../service/storage/transaction.ts';
import { findPostgres, startPostgres, type TestPostgres } from '../support/postgres.ts';
import { createMigrated } from './databases.ts';

const binaries = findPostgres();
const clock = { now: () => Date.now() };

describe.skipIf(binaries === undefined)('the position of a node', () => {
  let server: TestPostgres;
  let url: string;
  let closers: (() => Promise<void>)[];
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

  interface TestNode extends Database {
    position: Position;
    applied: string[];
  }
  async function join(id: string): Promise<TestNode> {
    const node = { id, version: '0.2.0', address: `https://${id}:7300` };
    const database = await openDatabase(
      { kind: 'postgres', url },
      { clock, log: silentLog, writer: id, node },
    );
    closers.push(() => database.close());
    const position = await openPosition({
      require: () => {},
      db: database.db,
      token: database.token!,
      log: silentLog,
      tables: { organization: 'id', organization_logo: 'organization' },
    });
    closers.push(() => position.close());
    const applied: string[] = [];
    position.follow('organization', (keys) => applied.push(...keys));
    return Object.assign(database, { position, applied });
  }

  const add = (tx: Tx, id: string) =>
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

  test('sees what another node has acknowledged, once, and nothing of what was undone', async () => {
    const [a, b] = [await join('node_a'), await join('node_b')];
    await a.inTransaction((tx) => add(tx, 'one'));
    await expect(
      a.inTransaction(async (tx) => {
        await add(tx, 'undone');
        throw new Error('no');
      }),
    ).rejects.toThrow('no');
    await b.position.catchUp();
    await b.position.catchUp();
    expect(b.applied).toEqual(['one']);
    await a.inTransaction((tx) =>
      tx.updateTable('organization').set({ name: 'another' }).where('id', '=', 'one').execute(),
    );
    await a.inTransaction((tx) => tx.deleteFrom('organization').where('id', '=', 'one').execute());
    await b.position.catchUp();
    expect(b.applied).toEqual(['one', 'one']);
  });

  test('sees a change that is committed after a later one', async () => {
    const [a, b] = [await join('node_a'), await join('node_b')];
    const noted = Promise.withResolvers<void>();
    const go = Promise.withResolvers<void>();
    const first = a.inTransaction(async (tx) => {
      await add(tx, 'first');
      noted.resolve();
      await go.promise;
    });
    await noted.promise;
    await b.inTransaction((tx) => add(tx, 'second'));
    await b.position.catchUp();
    expect(b.applied).toEqual(['second']);
    go.resolve();
    await first;
    await b.position.catchUp();
    expect(b.applied).toEqual(['second', 'first']);
  });

  test('a server that took over gives numbers of transactions again, and what they write is seen', async () => {
    const [a, b] = [await join('node_a'), await join('node_b')];
    await a.inTransaction((tx) => add(tx, 'one'));
    await b.position.catchUp();
    // As one that was undone there, which the standby does not know.
    const change = (key: string) => sql`insert into service_change (xid, about, key)
      values ((pg_current_xact_id()::text::bigint - 1)::text::xid8, 'organization', ${key})`;
    await a.inTransaction(async (tx) => void (await change('given again').execute(tx)));
    await b.position.catchUp();
    expect(b.applied).toEqual(['one']);
    await sql`update service_node set backend = -1 where token = ${b.token}`.execute(a.db);
    await b.position.catchUp();
    expect(b.applied).toContain('given again');
  });

  test('a look that failed to apply is done again, and a removed node gets none', async () => {
    const [a, b] = [await join('node_a'), await join('node_b')];
    let fails = true;
    b.position.follow('organization', () => {
      if (fails) throw new Error('no memory');
    });
    await a.inTransaction((tx) => add(tx, 'one'));
    await expect(b.position.catchUp()).rejects.toThrow('no memory');
    fails = false;
    await b.position.catchUp();
    expect(b.applied).toEqual(['one', 'one']);
    await sql`delete from service_node where node = 'node_b'`.execute(a.db);
    await expect(b.position.catchUp()).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE' });
  });

  test('has every change that was acknowledged before the look began, in whatever order things happen', async () => {
    const nodes = [await join('node_a'), await join('node_b'), await join('node_c')];
    let round = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.array(fc.record({ at: fc.nat(2), open: fc.nat(3) }), { minLength: 2, maxLength: 8 }),
        async (scheduler, writes) => {
          const prefix = `${round++}:`;
          const acknowledged: string[] = [];
          const writing = writes.map(({ at, open }, n) => {
            const node = nodes[at]!;
            const key = `${prefix}${n}`;
            return scheduler.schedule(Promise.resolve(key)).then(async () => {
              await node.inTransaction(async (tx) => {
                await add(tx, key);
                for (let i = 0; i < open; i++) await tx.selectFrom('organization').select('id').execute();
              });
              acknowledged.push(key);
            });
          });
          const reading = nodes.flatMap((node) =>
            [0, 1].map(async (n) => {
              await scheduler.schedule(Promise.resolve(n));
              const before = [...acknowledged];
              await node.position.catchUp();
              expect(before.filter((key) => !node.applied.includes(key))).toEqual([]);
            }),
          );
          await scheduler.waitAll();
          await Promise.all([...writing, ...reading]);
          for (const { position, applied } of nodes) {
            await position.catchUp();
            const ofRound = applied.filter((key) => key.startsWith(prefix));
            expect(ofRound.toSorted()).toEqual(acknowledged.toSorted());
          }
        },
      ),
      { numRuns: 15, seed: 50 },
    );
  });
});
