import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createAddressAttempts } from '../../service/engine/matching/index.ts';
import type { OrganizationId } from '../../service/lib/id.ts';
import { createOwnLocks, type Locks } from '../../service/lib/locks.ts';
import { silentLog } from '../../service/lib/log.ts';
import { type Database, openDatabase } from '../../service/storage/connection.ts';
import { findPostgres, startPostgres, type TestPostgres } from '../support/postgres.ts';
import { createMigrated } from './databases.ts';

const binaries = findPostgres();

/** What holds of both forms; `others` are other nodes, of the one service itself. */
function describeLocks(locksOf: () => readonly [Locks, Locks]): void {
  test('work of one key takes turns, and that of two keys does not', async () => {
    const [a, b] = locksOf();
    let inside = 0;
    let most = 0;
    const work = async () => {
      most = Math.max(most, ++inside);
      await new Promise((resolve) => setImmediate(resolve));
      inside -= 1;
    };
    const both = [a.of('address'), b.of('address')];
    await Promise.all(Array.from({ length: 60 }, (_, n) => both[n % 2]!('one', work)));
    expect(most).toBe(1);
    const met = Promise.withResolvers<void>();
    await both[0]!('one', () => both[1]!('two', async () => met.resolve()));
    await met.promise;
    await expect(both[0]!('one', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await both[1]!('one', async () => 'next')).toBe('next');
  });

  test('places are counted together, and one that is given back is free', async () => {
    const [a, b] = locksOf();
    const take = (locks: Locks) => locks.takeSlot('address', 'one', 3);
    const first = await take(a);
    const second = await take(b);
    const third = await take(a);
    expect([first.others, second.others, third.others]).toEqual([0, 1, 2]);
    for (const locks of [a, b]) expect((await take(locks)).others).toBe(3);
    expect((await b.takeSlot('address', 'two', 3)).others).toBe(0);
    expect((await b.takeSlot('replay', 'one', 1)).others).toBe(0);
    await first.free();
    await first.free();
    expect((await take(b)).others).toBe(2);
    expect((await take(a)).others).toBe(3);
  });
}

describe('locks of the one service of a database', () => {
  const locks = createOwnLocks();
  describeLocks(() => [locks, locks]);
});

describe.skipIf(binaries === undefined)('locks of two nodes', () => {
  let server: TestPostgres;
  let admin: pg.Client;
  let a: Database;
  let b: Database;
  let opened: Database[];
  beforeAll(async () => {
    server = await startPostgres(binaries!);
  });
  afterAll(() => server?.stop());
  beforeEach(async () => {
    const url = await createMigrated(server);
    opened = [];
    const open = async (id: string) => {
      const node = { id, version: '0.2.0', address: `https://${id}:7300` };
      const database = await openDatabase(
        { kind: 'postgres', url },
        { clock: { now: () => Date.now() }, log: silentLog, writer: id, node },
      );
      opened.push(database);
      return database;
    };
    [a, b] = [await open('node_a'), await open('node_b')];
    admin = new pg.Client({ connectionString: url });
    await admin.connect();
  });
  afterEach(async () => {
    await admin.end();
    for (const database of opened.toReversed()) await database.close();
  });
  describeLocks(() => [a.locks, b.locks]);

  test('let no more attempts at an address begin than may fail, at both together', async () => {
    const realm = { organization: 'org_1' as OrganizationId, world: 'live' as const };
    const rules = { beforeDelay: 5, delay: 30_000, beforeDisabled: 50 };
    const attempts = [a, b].map(({ db, inTransaction, locks }) =>
      createAddressAttempts({
        db,
        inTransaction,
        locks,
        sealer: { emailHash: (_, email) => email },
        clock: { now: () => Date.now() },
        subjects: {} as never,
        audit: {} as never,
        events: {} as never,
      }),
    );
    const admit = (n: number) => attempts[n % 2]!.admit(realm, 'ada@example.com', rules);
    const all = await Promise.allSettled(Array.from({ length: 20 }, (_, n) => admit(n)));
    const admitted = all.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    expect(admitted).toHaveLength(5);
    for (const refused of all.filter(({ status }) => status === 'rejected'))
      expect(refused).toMatchObject({ reason: { code: 'USER_FLOOD_DETECTED' } });
    await admitted[0]!.inTurn(async () => {});
    await admit(0);
    await expect(admit(1)).rejects.toMatchObject({ code: 'USER_FLOOD_DETECTED' });
  });

  test('end with their node', async () => {
    const never = new Promise<void>(() => {});
    const began = Promise.withResolvers<void>();
    void a.locks
      .of('uniqueness')('one', () => {
        began.resolve();
        return never;
      })
      .catch(() => {});
    await began.promise;
    await a.locks.takeSlot('replay', 'one', 1);
    expect((await b.locks.takeSlot('replay', 'one', 1)).others).toBe(1);
    const next = b.locks.of('uniqueness')('one', async () => 'next');
    await a.close();
    opened = [b];
    expect(await next).toBe('next');
    await expect.poll(async () => (await b.locks.takeSlot('replay', 'one', 1)).others).toBe(0);
  });

  test('that are lost with their connection let nothing be written', async () => {
    const add = (id: string) =>
      a.inTransaction((tx) =>
        tx
          .insertInto('organization')
          .values({
            id,
            name: id,
            created_at: 0,
            match_only: 0,
            uniqueness_policy: 'off',
            consent_policy: 'attested',
          })
          .execute(),
      );
    const turns = a.locks.of('uniqueness');
    const work = turns('one', async () => {
      const { rows } = await admin.query(
        "select count(pg_terminate_backend(pid)) from pg_locks where locktype = 'advisory' and objid <> 7184002",
      );
      expect(rows).toEqual([{ count: '1' }]);
      await expect
        .poll(() =>
          add(`org_${performance.now()}`).then(
            () => 'written',
            ({ message }) => message,
          ),
        )
        .toMatch(/held off the other nodes was lost/);
      return add('org_lost');
    });
    await expect(work).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE' });
    await turns('one', () => add('org_next'));
    const { rows } = await admin.query("select id from organization where id in ('org_lost', 'org_next')");
    expect(rows).toEqual([{ id: 'org_next' }]);
  });
});
