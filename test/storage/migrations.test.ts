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

  test('to 0010: what an earlier version wrote of a failed job is gone, and nothing else of it', async () => {
    const place = await newPlace('empty');
    const job = {
      ...{ kind: 'webhook', state: 'dead', priority: 2, lane: null, organization: null, payload: '{}' },
      ...{ idempotency_key: null, run_at: 1, attempts: 10, fence: 10, lease_until: null, created_at: 1 },
    };
    const before = migrations.findIndex(({ name }) => name === '0010-job-errors');
    const earlier = await openDatabase(place, deps, migrations.slice(0, before));
    await earlier.db
      .insertInto('job')
      .values([
        { ...job, id: 'job_1', seq: 1, last_error: '550 no ada@example.com', finished_at: 1 },
        { ...job, id: 'job_2', seq: 2, last_error: null, finished_at: 2 },
      ])
      .execute();
    await earlier.close();
    const { db, close } = await openDatabase(place, deps);
    const rows = await db.selectFrom('job').selectAll().orderBy('seq').execute();
    await close();
    expect(rows).toEqual([
      { ...job, id: 'job_1', seq: 1, last_error: 'recorded by an earlier version', finished_at: 1 },
      { ...job, id: 'job_2', seq: 2, last_error: null, finished_at: 2 },
    ]);
  });

  test('to 0039 and 0041: verdicts whose tokens count, and windows that were seen, stay', async () => {
    const place = await newPlace('empty');
    const before = migrations.findIndex(({ name }) => name === '0039-smaller-verdict-indexes');
    const verdict = {
      ...{ id: 'vdt_1', token_hash: 'a1', organization: 'org_1', world: 'live', lineage: 'key_1' },
      ...{ kind: 'verified', user_hash: 'b2', human: 1, confidence: 0.75, evidence: 1.5, agent: null },
      ...{ notes: '[]', parts: null, judged_at: 1, expires_at: 2, mac: 'c3' },
    };
    const window = {
      ...{ organization: 'org_1', world: 'live', fingerprint: 'abcdefghijklmnopqrstuv' },
      ...{ sid_hash: 'd4', seq: 3, up_ms: 0.5, seen_at: 1 },
    };
    const earlier = await openDatabase(place, deps, migrations.slice(0, before));
    await earlier.db
      .insertInto('organization')
      .values({
        ...{ id: 'org_1', name: 'kept', created_at: 7, match_only: 0 },
        ...{ uniqueness_policy: 'off', consent_policy: 'attested' },
      })
      .execute();
    await earlier.db.insertInto('behavior_verdict').values(verdict).execute();
    await earlier.db.insertInto('behavior_window').values(window).execute();
    await earlier.close();
    const { db, close } = await openDatabase(place, deps);
    const rows = [
      await db.selectFrom('behavior_verdict').selectAll().execute(),
      await db.selectFrom('behavior_window').selectAll().execute(),
      await db.selectFrom('behavior_window_print').selectAll().execute(),
      await db.selectFrom('behavior_window_indexed').selectAll().execute(),
    ];
    const twice = db
      .insertInto('behavior_verdict')
      .values({ ...verdict, id: 'vdt_2' })
      .execute();
    await expect(twice).rejects.toThrow(/unique/i);
    await close();
    expect(rows).toEqual([[verdict], [window], [{ print: 'abcdefgh', seen_at: 1 }], [{ before: 2 }]]);
  });

  test('to 0013: verifications of before are listed by how they ended and what failed', async () => {
    const place = await newPlace('empty');
    const before = migrations.findIndex(({ name }) => name === '0013-verification-lists');
    const earlier = await openDatabase(place, deps, migrations.slice(0, before));
    await earlier.db
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
    const failing = (...checks: string[]) =>
      JSON.stringify(
        ['faceQuality', 'liveness', 'geoFence'].map((check) => ({
          check,
          pass: !checks.includes(check),
          score: 0.5,
          weight: 1,
        })),
      );
    const row = (id: string, verified: number, reason: string | null, checks = failing()) => ({
      ...{ id, organization: 'org_1', world: 'test', subject: null, kind: '1:1', profile: 'builtin:default' },
      ...{
        profile_version: 1,
        verified,
        reason,
        confidence: 0,
        composite: 0,
        assurance: 'match-only',
        checks,
      },
      ...{ models: '{}', timing: '{}', actor: 'key:key_1', created_at: 1 },
      ...{ place_sealed: null, device_sealed: null, probe_sealed: null },
    });
    await earlier.db
      .insertInto('verification')
      .values([
        row('ver_1', 1, null),
        row('ver_2', 0, 'Identity not recognised', failing('faceQuality')),
        row('ver_3', 0, 'No face was found in the picture.', failing('faceQuality')),
        row('ver_4', 0, 'Move closer.', failing('liveness')),
        row('ver_5', 0, 'Move closer.', failing('liveness', 'geoFence')),
        row('ver_6', 0, 'The light is poor.'),
      ])
      .execute();
    await earlier.close();
    const { db, close } = await openDatabase(place, deps);
    const rows = await db
      .selectFrom('verification')
      .select(['outcome', 'decided_by', 'failed'])
      .orderBy('id')
      .execute();
    await close();
    expect(rows.map((one) => Object.values(one).join(' '))).toEqual([
      'VERIFIED  ,',
      'NOT_RECOGNIZED  ,faceQuality,',
      'FACE_NOT_FOUND  ,faceQuality,',
      'CHECK_FAILED liveness ,liveness,',
      'CHECK_FAILED  ,liveness,geoFence,',
      'BELOW_MINIMUM  ,',
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

  test('a newer schema is refused naming both versions', async () => {
    const place = await newPlace('empty');
    const ours = await fill(place);
    await (await openDatabase(place, deps, [...migrations, note])).close();
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
