import type { Kysely } from 'kysely';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { silentLog } from '../../service/lib/log.ts';
import { type DatabasePlace, openDatabase } from '../../service/storage/connection.ts';
import type { Migration } from '../../service/storage/migration.ts';
import { migrations } from '../../service/storage/migrations/index.ts';
import { onBothDatabases } from './databases.ts';

const time = Date.UTC(2026, 10, 20, 8, 0, 0);
const deps = { clock: { now: () => time }, log: silentLog };

const note: Migration = {
  name: '9001-note',
  up: ({ text, integer, strict }) => [
    `create table note (id ${text} primary key not null, at ${integer} not null)${strict}`,
    "insert into note select id, created_at from organization where name = 'kept'",
  ],
};
const broken: Migration = {
  name: '9002-broken',
  up: ({ text }) => [`create table half (id ${text})`, "insert into note values ('x', 1)", 'select nonsense'],
};

async function fill(place: DatabasePlace): Promise<string> {
  const { db, close, version } = await openDatabase(place, deps);
  await db
    .insertInto('organization')
    .values({
      id: 'org_1',
      name: 'kept',
      created_at: 7,
      match_only: 0,
      uniqueness_policy: 'off',
      consent_policy: 'attested',
    })
    .execute();
  await close();
  return version;
}

const noteRows = async (place: DatabasePlace, list: readonly Migration[]) => {
  const { db, close } = await openDatabase(place, deps, list);
  try {
    const { rows } = await sql<{ id: string; at: number }>`select * from note`.execute(db);
    return rows;
  } finally {
    await close();
  }
};

onBothDatabases('migrations', (newPlace, kind) => {
  test('from empty: each is recorded with its hash and time, once', async () => {
    const place = await newPlace('empty');
    for (let start = 0; start < 2; start++) {
      const { db, close, version } = await openDatabase(place, deps);
      const { rows } =
        await sql<object>`select name, hash, applied_at from schema_migration order by name`.execute(db);
      await close();
      expect(version).toBe(migrations.at(-1)!.name);
      expect(rows).toEqual(
        migrations.map(({ name }) => ({
          name,
          hash: expect.stringMatching(/^[0-9a-f]{64}$/),
          applied_at: time,
        })),
      );
    }
  });

  test('from the previous version: what was there stays and is carried over', async () => {
    const place = await newPlace('empty');
    await fill(place);
    expect(await noteRows(place, [...migrations, note])).toEqual([{ id: 'org_1', at: 7 }]);
  });

  test('to 0057: nothing that waits in the queue of an earlier version is lost, and each keeps its place', async () => {
    const place = await newPlace('empty');
    const before = migrations.findIndex(({ name }) => name === '0057-one-life-of-a-delivery');
    const earlier = await openDatabase(place, deps, migrations.slice(0, before));
    // biome-ignore lint/suspicious/noExplicitAny: tables of an earlier version.
    const db: Kysely<any> = earlier.db;
    const realm = { organization: 'org_1', world: 'live' };
    await db
      .insertInto('organization')
      .values({
        ...{ id: 'org_1', name: 'kept', created_at: 7, match_only: 0 },
        ...{ uniqueness_policy: 'off', consent_policy: 'attested' },
      })
      .execute();
    await db
      .insertInto('webhook_endpoint')
      .values({
        ...{ id: 'wh_1', ...realm, kind: 'endpoint', family: 'identity', url: 'https://x.example' },
        ...{ description: '', events: '[]', signature: 'standard', secret_sealed: new Uint8Array([1]) },
        ...{ state: 'enabled', state_at: 1, created_at: 1, created_by: 'operator:ada' },
      })
      .execute();
    await db
      .insertInto('alert_rule')
      .values({
        ...{ id: 'rule_1', ...realm, name: 'r', metric: 'm', definition: '{}', enabled: 1 },
        ...{ created_at: 1, created_by: 'operator:ada' },
      })
      .execute();
    await db
      .insertInto('alert')
      .values({
        ...{ id: 'alr_1', ...realm, rule: 'rule_1', metric: 'm', value: 1, threshold: 1, fired_at: 1 },
        ...{ hold_until: 2, notified: '{}' },
      })
      .execute();
    const job = (seq: number, state: string, more: object) => ({
      ...{ id: `job_${seq}`, seq, kind: 'webhook', state, priority: 2, lane: 'wh_1', organization: 'org_1' },
      ...{ payload: '{}', run_at: 50 + seq, attempts: 0, fence: 1, lease_until: null, created_at: 3 },
      ...more,
    });
    const mail = (to: number) => ({
      kind: 'mail',
      lane: null,
      payload: JSON.stringify({ alert: 'alr_1', to }),
    });
    await db
      .insertInto('job')
      .values([
        job(1, 'leased', { lease_until: 9, attempts: 2 }),
        job(2, 'waiting', {}),
        job(3, 'waiting', { run_at: 0 }),
        job(4, 'done', { finished_at: 4 }),
        job(5, 'waiting', { ...mail(0), attempts: 1, last_error: 'refused' }),
        job(6, 'dead', { ...mail(1), attempts: 5, finished_at: 6, last_error: 'gone' }),
        job(7, 'done', { ...mail(2), finished_at: 6 }),
        job(8, 'leased', { kind: 'backup-drill', lane: null }),
        job(9, 'dead', { kind: 'backups', lane: null, finished_at: 8, last_error: 'An internal error.' }),
        job(10, 'waiting', { kind: 'retention', lane: null }),
      ])
      .execute();
    await db
      .insertInto('job_schedule')
      .values([
        { name: 'backups', every: 60, next_at: 70, last_job: 'job_9' },
        { name: 'retention', every: 60, next_at: 71, last_job: 'job_10' },
        { name: 'sessions', every: 60, next_at: 72, last_job: null },
      ])
      .execute();
    const delivery = (id: string, state: string, jobId: string | null, more: object = {}) => ({
      ...{ id, ...realm, endpoint: 'wh_1', event: 'evt_1', event_name: 'identity.x', origin: 'event', state },
      ...{ job: jobId, attempts: 0, next_at: 40, created_at: 2, mac: `mac of ${id}`, ...more },
    });
    await db
      .insertInto('webhook_delivery')
      .values([
        // Their order is that of their jobs, whatever their ids.
        delivery('dlv_c', 'waiting', 'job_1', { attempts: 2, state_reason: 'busy' }),
        delivery('dlv_b', 'waiting', 'job_2'),
        delivery('dlv_a', 'failed', 'job_3', { attempts: 10, finished_at: 5 }),
        delivery('dlv_d', 'delivered', 'job_4', { attempts: 1, next_at: null, finished_at: 4 }),
        delivery('dlv_e', 'waiting', null),
        delivery('dlv_f', 'waiting', 'job_gone', { attempts: 3 }),
      ])
      .execute();
    await db
      .insertInto('webhook_attempt')
      .values({
        id: 'att_1',
        delivery: 'dlv_c',
        number: 1,
        at: 1,
        outcome: 'status',
        status: 500,
        milliseconds: 2,
      })
      .execute();
    await earlier.close();

    const now = await openDatabase(place, deps);
    const rows = await now.db
      .selectFrom('delivery')
      .select(['id', 'kind', 'event', 'event_name', 'state', 'attempts', 'tries', 'next_at', 'mac'])
      .orderBy('seq')
      .execute();
    const attempts = await now.db.selectFrom('delivery_attempt').select(['id', 'delivery']).execute();
    const works = await now.db.selectFrom('recurring_work').selectAll().orderBy('kind').execute();
    await now.close();
    const shown = rows.map((row) => [row.id, row.state, row.attempts, row.tries, row.next_at, row.mac]);
    expect(shown).toEqual([
      ['dlv_d', 'delivered', 1, 1, null, 'mac of dlv_d'],
      ['dlv_e', 'waiting', 0, 0, null, 'mac of dlv_e'],
      ['dlv_f', 'waiting', 3, 3, 40, 'mac of dlv_f'],
      ['dlv_c', 'waiting', 2, 2, 51, 'mac of dlv_c'],
      ['dlv_b', 'waiting', 0, 0, 52, 'mac of dlv_b'],
      ['dlv_a', 'failed', 10, 0, 0, 'mac of dlv_a'],
      ['dlv_5', 'waiting', 1, 1, 55, null],
      ['dlv_6', 'failed', 5, 5, null, null],
    ]);
    expect(rows.slice(-2).map(({ kind, event, event_name }) => [kind, event, event_name])).toEqual([
      ['mail', 'alr_1', 'mail.0'],
      ['mail', 'alr_1', 'mail.1'],
    ]);
    expect(attempts).toEqual([{ id: 'att_1', delivery: 'dlv_c' }]);
    const idle = { last_milliseconds: null, claimed_by: null, claimed_until: null, fence: 0 };
    expect(works).toEqual([
      { ...idle, kind: 'backup-drill', every: null, next_at: 0, last_at: null, last_error: null },
      { ...idle, kind: 'backups', every: 60, next_at: 70, last_at: 8, last_error: 'An internal error.' },
      { ...idle, kind: 'retention', every: 60, next_at: 0, last_at: null, last_error: null },
      { ...idle, kind: 'sessions', every: 60, next_at: 72, last_at: null, last_error: null },
    ]);
  });

  test('an older schema can be refused: it stays as it is; an empty database is given one all the same', async () => {
    const place = await newPlace('empty');
    const refuse = { ...deps, older: 'refuse' } as const;
    const { version, close } = await openDatabase(place, refuse);
    await close();
    await expect(openDatabase(place, refuse, [...migrations, note])).rejects.toMatchObject({
      code: 'CONFLICT',
      message: expect.stringMatching(
        new RegExp(`schema ${version}.* 9001-note: nothing was changed.*gatehouse migrate`),
      ),
    });
    const announced: unknown[] = [];
    const announce = (change: unknown) => void announced.push(change);
    await (await openDatabase(place, { ...deps, announce })).close();
    await (await openDatabase(place, { ...deps, announce }, [...migrations, note])).close();
    const snapshot = expect.stringContaining(
      kind === 'sqlite' ? `snapshots/${version}-` : 'PostgreSQL schema gatehouse_snapshot_',
    );
    expect(announced).toEqual([{ what: 'database', from: version, to: '9001-note', snapshot }]);
  });

  test('a newer schema to which only something was added stays as it is, and is written to', async () => {
    const place = await newPlace('empty');
    const ours = await fill(place);
    await (await openDatabase(place, deps, [...migrations, note])).close();
    const older = await openDatabase(place, deps);
    await older.db.updateTable('organization').set({ name: 'changed' }).execute();
    await older.close();
    expect([older.version, ours]).toEqual(['9001-note', migrations.at(-1)!.name]);
    expect(await noteRows(place, [...migrations, note])).toEqual([{ id: 'org_1', at: 7 }]);
  });

  test('a newer schema that needs a newer program is refused naming both versions', async () => {
    const place = await newPlace('empty');
    const ours = await fill(place);
    const contracted = { ...note, needs: { reader: 1, writer: 9001 } };
    await (await openDatabase(place, deps, [...migrations, contracted])).close();
    await expect(openDatabase(place, deps)).rejects.toMatchObject({
      code: 'CONFLICT',
      message: expect.stringMatching(new RegExp(`schema 9001-note.*up to ${ours}.*snapshot`)),
    });
  });

  test('a migration that was edited after it ran is refused', async () => {
    const place = await newPlace('empty');
    await (await openDatabase(place, deps, [...migrations, note])).close();
    const edited: Migration = { ...note, up: (columns) => [...note.up(columns), 'select 1'] };
    await expect(openDatabase(place, deps, [...migrations, edited])).rejects.toMatchObject({
      code: 'CONFLICT',
      message: expect.stringContaining('9001-note'),
    });
  });

  test('a failing migration changes nothing; those before it stay', async () => {
    const place = await newPlace('empty');
    await fill(place);
    const opening = openDatabase(place, deps, [...migrations, note, broken]);
    await expect(opening).rejects.toThrow(/Migration 9002-broken failed and was rolled back: .*nonsense/);
    expect(await noteRows(place, [...migrations, note])).toEqual([{ id: 'org_1', at: 7 }]);
    const { db, close } = await openDatabase(place, deps, [...migrations, note]);
    await expect(sql`select * from half`.execute(db)).rejects.toThrow(/half/);
    await close();
  });

  // On SQLite the writer lock lets one process in.
  test.runIf(kind === 'postgres')('two starts at once migrate once', async () => {
    const place = await newPlace('empty');
    const both = await Promise.all([openDatabase(place, deps), openDatabase(place, deps)]);
    expect(both.map(({ version }) => version)).toEqual(Array(2).fill(migrations.at(-1)!.name));
    for (const { close } of both) await close();
  });
});
