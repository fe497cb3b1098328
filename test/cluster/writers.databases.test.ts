import { sql } from 'kysely';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { insertTokenUse } from '../../service/engine/accounts/index.ts';
import { createSeenEventsStore } from '../../service/engine/appliance/alerts/seen-events-store.ts';
import { selectSeqs } from '../../service/engine/events/deliveries/delivery-store.ts';
import { readThenForget } from '../../service/engine/events/deliveries/forget-deliveries-store.ts';
import { insertDeliveries } from '../../service/engine/events/deliveries/queue-store.ts';
import { insertEvent } from '../../service/engine/events/recorded-event-store.ts';
import type { EndpointId, OrganizationId, SubjectId } from '../../service/lib/id.ts';
import { silentLog } from '../../service/lib/log.ts';
import { type Database, openDatabase } from '../../service/storage/connection.ts';
import { databaseTime } from '../../service/storage/leases.ts';
import type { RowIntegrity, Tx } from '../../service/storage/transaction.ts';
import { createMigrated } from '../storage/databases.ts';
import { findPostgres, startPostgres, type TestPostgres } from '../support/postgres.ts';

const binaries = findPostgres();
const clock = { now: () => Date.now() };
const integrity: RowIntegrity = { mac: () => 'mac', verify: () => true };
const realm = { organization: 'org_1' as OrganizationId, world: 'live' as const };

describe.skipIf(binaries === undefined)('transactions of two nodes', () => {
  let server: TestPostgres;
  let url: string;
  let a: Database;
  let b: Database;
  let opened: Database[];
  beforeAll(async () => {
    server = await startPostgres(binaries!);
  });
  afterAll(() => server?.stop());
  beforeEach(async () => {
    url = await createMigrated(server);
    opened = [];
    [a, b] = [await open('node_a'), await open('node_b')];
    await a.inTransaction((tx) => addOrganization(tx, 'org_1'));
  });
  afterEach(async () => {
    for (const database of opened.toReversed()) await database.close();
  });

  async function open(id: string): Promise<Database> {
    const node = { id, version: '0.2.0', address: `https://${id}:7300` };
    const database = await openDatabase(
      { kind: 'postgres', url },
      { clock, log: silentLog, writer: id, node },
    );
    opened.push(database);
    return database;
  }
  const addOrganization = (tx: Tx, id: string, name = id) =>
    tx
      .insertInto('organization')
      .values({
        id,
        name,
        created_at: 0,
        match_only: 0,
        uniqueness_policy: 'off',
        consent_policy: 'attested',
      })
      .execute();
  const addEvent = (tx: Tx, id: string, payload: object = {}) =>
    insertEvent(tx, {
      id,
      ...realm,
      type: 'subject.enrolled',
      subject: null,
      payload: JSON.stringify(payload),
      personal_sealed: null,
      until_delivered_sealed: null,
      created_at: 1,
      relayed_at: null,
    });
  const addDelivery = (tx: Tx, id: string) =>
    insertDeliveries(
      tx,
      integrity,
      [
        {
          id: id as never,
          ...realm,
          endpoint: 'wh_1' as EndpointId,
          event: 'evt_1',
          name: 'identity.user.enrolled',
          subject: undefined,
          origin: 'event',
        },
      ],
      1,
    );

  /** A transaction of a node that has done `work` and goes on when it is let; and how often it was begun. */
  function held(at: Database, work: (tx: Tx) => Promise<unknown>) {
    const did = Promise.withResolvers<void>();
    const go = Promise.withResolvers<void>();
    const counted = { runs: 0 };
    const ended = at.inTransaction(async (tx) => {
      counted.runs += 1;
      await work(tx);
      did.resolve();
      await go.promise;
    });
    const end = () => {
      go.resolve();
      return ended;
    };
    return { did: did.promise, counted, end };
  }
  /** Resolves when a session of the server waits for an advisory lock. */
  async function lockIsWaitedFor(): Promise<void> {
    const admin = new pg.Client({ connectionString: url });
    await admin.connect();
    await expect
      .poll(
        async () =>
          (await admin.query("select from pg_locks where locktype = 'advisory' and not granted")).rowCount,
      )
      .toBe(1);
    await admin.end();
  }
  const numbersOf = async (table: 'outbox' | 'delivery') =>
    (await a.db.selectFrom(table).select(['id', 'seq']).orderBy('seq').execute()).map(({ id }) => id);

  test('a row that another added meanwhile is found by the second run, and a key that is taken is reported', async () => {
    const addOnce = async (tx: Tx) => {
      // By another column than the key: PostgreSQL cannot see that this was read.
      const found = await tx.selectFrom('organization').select('id').where('name', '=', 'Museum').execute();
      return { found: found.length, add: () => addOrganization(tx, 'org_museum', 'Museum') };
    };
    const go = Promise.withResolvers<void>();
    const read = Promise.withResolvers<void>();
    const found: number[] = [];
    const second = b.inTransaction(async (tx) => {
      const one = await addOnce(tx);
      found.push(one.found);
      read.resolve();
      await go.promise;
      if (one.found === 0) await one.add();
    });
    await read.promise;
    await a.inTransaction(async (tx) => (await addOnce(tx)).add());
    go.resolve();
    await second;
    expect(found).toEqual([0, 1]);

    let runs = 0;
    const again = b.inTransaction((tx) => {
      runs += 1;
      return addOrganization(tx, 'org_museum');
    });
    await expect(again).rejects.toMatchObject({ code: '23505' });
    expect(runs).toBe(2);
  });

  test('events and deliveries that both add at one time do not conflict', async () => {
    await a.inTransaction((tx) =>
      tx
        .insertInto('webhook_endpoint')
        .values({
          id: 'wh_1',
          ...realm,
          kind: 'endpoint',
          family: 'identity',
          url: 'https://x.example',
          description: '',
          events: '[]',
          signature: 'standard',
          secret_sealed: new Uint8Array([1]),
          state: 'enabled',
          state_at: 1,
          created_at: 1,
          created_by: 'operator:ada',
        })
        .execute(),
    );
    const first = held(a, async (tx) => {
      await addEvent(tx, 'evt_a');
      await addDelivery(tx, 'dlv_a');
    });
    await first.did;
    const second = held(b, async (tx) => {
      await addEvent(tx, 'evt_b');
      await addDelivery(tx, 'dlv_b');
    });
    await second.did;
    await second.end();
    await first.end();
    expect([first.counted.runs, second.counted.runs]).toEqual([1, 1]);
    expect([await numbersOf('outbox'), await numbersOf('delivery')]).toEqual([
      ['evt_a', 'evt_b'],
      ['dlv_a', 'dlv_b'],
    ]);
  });

  test('what counts once counts once, at whichever node it is used', async () => {
    const use = { ...realm, usedAt: 1, expiresAt: 2 };
    for (let round = 0; round < 20; round++) {
      const first = await Promise.all(
        [a, b].map(({ inTransaction }) =>
          inTransaction((tx) => insertTokenUse(tx, { ...use, jti: `agent ${round}` }, 0)),
        ),
      );
      expect(first.toSorted()).toEqual([false, true]);
    }
  });

  describe('an event that is committed after one with a higher number', () => {
    /** What is done at the second node while the first has not committed the lower number. */
    async function beside<T>(work: () => Promise<T>): Promise<T> {
      const first = held(a, (tx) => addEvent(tx, 'evt_low', { about: 'sub_1' }));
      await first.did;
      await b.inTransaction((tx) => addEvent(tx, 'evt_high'));
      const done = work();
      await lockIsWaitedFor();
      await first.end();
      return done;
    }

    test('loses the person who is erased', async () => {
      const subject = 'sub_1' as SubjectId;
      const forget = await beside(() => readThenForget({ db: b.db, integrity }, [subject]));
      await b.inTransaction((tx) => forget(tx, [subject], 1));
      const rows = await b.db.selectFrom('outbox').select(['id', 'payload']).orderBy('id').execute();
      expect(rows).toEqual([
        { id: 'evt_high', payload: '{}' },
        { id: 'evt_low', payload: '{"erased":true}' },
      ]);
    });

    test('is in a replay, and is no event that alerts take for counted', async () => {
      expect(await beside(() => selectSeqs(b.db))).toEqual({ first: 1, last: 2 });
      await b.inTransaction((tx) =>
        tx.updateTable('outbox').set({ relayed_at: 1 }).where('id', '=', 'evt_high').execute(),
      );
      const seen = createSeenEventsStore(b);
      expect(await seen.relayedThrough()).toBe(0);
      await b.inTransaction((tx) => tx.updateTable('outbox').set({ relayed_at: 1 }).execute());
      expect(await seen.relayedThrough()).toBe(2);
    });
  });

  test('numbers go on behind rows that came without them, as from a backup', async () => {
    await a.inTransaction(async (tx) => {
      await addEvent(tx, 'evt_1');
      await sql`update outbox set seq = 5000`.execute(tx);
    });
    await open('node_c');
    await b.inTransaction((tx) => addEvent(tx, 'evt_2'));
    expect(await b.db.selectFrom('outbox').select(['id', 'seq']).orderBy('seq').execute()).toEqual([
      { id: 'evt_1', seq: 5000 },
      { id: 'evt_2', seq: 5001 },
    ]);
  });

  test('the time of claims is that of the server', async () => {
    const now = async () =>
      (
        await sql<{
          now: number;
        }>`select (extract(epoch from clock_timestamp()) * 1000)::bigint as now`.execute(b.db)
      ).rows[0]!.now;
    const before = await now();
    const time = await databaseTime(a.db);
    expect(time).toBeGreaterThanOrEqual(before);
    expect(await now()).toBeGreaterThanOrEqual(time);
  });
});
