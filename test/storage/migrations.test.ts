import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { silentLog } from '../../service/lib/log.ts';
import { type DatabaseLocation, openDatabase } from '../../service/storage/connection.ts';
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

async function fill(location: DatabaseLocation): Promise<string> {
  const { db, close, version } = await openDatabase(location, deps);
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

const noteRows = async (location: DatabaseLocation, list: readonly Migration[]) => {
  const { db, close } = await openDatabase(location, deps, list);
  try {
    const { rows } = await sql<{ id: string; at: number }>`select * from note`.execute(db);
    return rows;
  } finally {
    await close();
  }
};

onBothDatabases('migrations', (newLocation, kind) => {
  test('from empty: each is recorded with its hash and time, once', async () => {
    const location = await newLocation('empty');
    for (let start = 0; start < 2; start++) {
      const { db, close, version } = await openDatabase(location, deps);
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
    const location = await newLocation('empty');
    await fill(location);
    expect(await noteRows(location, [...migrations, note])).toEqual([{ id: 'org_1', at: 7 }]);
  });

  test('an older schema can be refused: it stays as it is; an empty database is given one all the same', async () => {
    const location = await newLocation('empty');
    const refuse = { ...deps, older: 'refuse' } as const;
    const { version, close } = await openDatabase(location, refuse);
    await close();
    await expect(openDatabase(location, refuse, [...migrations, note])).rejects.toMatchObject({
      code: 'CONFLICT',
      message: expect.stringMatching(
        new RegExp(`schema ${version}.* 9001-note: nothing was changed.*gatehouse migrate`),
      ),
    });
    const announced: unknown[] = [];
    const announce = (change: unknown) => void announced.push(change);
    await (await openDatabase(location, { ...deps, announce })).close();
    await (await openDatabase(location, { ...deps, announce }, [...migrations, note])).close();
    const snapshot = expect.stringContaining(
      kind === 'sqlite' ? `snapshots/${version}-` : 'PostgreSQL schema gatehouse_snapshot_',
    );
    expect(announced).toEqual([{ what: 'database', from: version, to: '9001-note', snapshot }]);
  });

  test('a newer schema to which only something was added stays as it is, and is written to', async () => {
    const location = await newLocation('empty');
    const ours = await fill(location);
    await (await openDatabase(location, deps, [...migrations, note])).close();
    const older = await openDatabase(location, deps);
    await older.db.updateTable('organization').set({ name: 'changed' }).execute();
    await older.close();
    expect([older.version, ours]).toEqual(['9001-note', migrations.at(-1)!.name]);
    expect(await noteRows(location, [...migrations, note])).toEqual([{ id: 'org_1', at: 7 }]);
  });

  test('a newer schema that needs a newer program is refused naming both versions', async () => {
    const location = await newLocation('empty');
    const ours = await fill(location);
    const contracted = { ...note, needs: { reader: 1, writer: 9001 } };
    await (await openDatabase(location, deps, [...migrations, contracted])).close();
    await expect(openDatabase(location, deps)).rejects.toMatchObject({
      code: 'CONFLICT',
      message: expect.stringMatching(new RegExp(`schema 9001-note.*up to ${ours}.*snapshot`)),
    });
  });

  test('a migration that was edited after it ran is refused', async () => {
    const location = await newLocation('empty');
    await (await openDatabase(location, deps, [...migrations, note])).close();
    const edited: Migration = { ...note, up: (columns) => [...note.up(columns), 'select 1'] };
    await expect(openDatabase(location, deps, [...migrations, edited])).rejects.toMatchObject({
      code: 'CONFLICT',
      message: expect.stringContaining('9001-note'),
    });
  });

  test('a failing migration changes nothing; those before it stay', async () => {
    const location = await newLocation('empty');
    await fill(location);
    const opening = openDatabase(location, deps, [...migrations, note, broken]);
    await expect(opening).rejects.toThrow(/Migration 9002-broken failed and was rolled back: .*nonsense/);
    expect(await noteRows(location, [...migrations, note])).toEqual([{ id: 'org_1', at: 7 }]);
    const { db, close } = await openDatabase(location, deps, [...migrations, note]);
    await expect(sql`select * from half`.execute(db)).rejects.toThrow(/half/);
    await close();
  });

  // On SQLite the writer lock lets one process in.
  test.runIf(kind === 'postgres')('two starts at once migrate once', async () => {
    const location = await newLocation('empty');
    const both = await Promise.all([openDatabase(location, deps), openDatabase(location, deps)]);
    expect(both.map(({ version }) => version)).toEqual(Array(2).fill(migrations.at(-1)!.name));
    for (const { close } of both) await close();
  });
});
