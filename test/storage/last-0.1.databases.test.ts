import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { sql } from 'kysely';
import pg from 'pg';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { silentLog } from '../../service/lib/log.ts';
import { type Database, type DatabasePlace, openDatabase } from '../../service/storage/connection.ts';
import { migrations } from '../../service/storage/migrations/index.ts';
import { packed } from '../upgrade/expected.ts';
import { postgresFixture, unpackFixture } from '../upgrade/unpack-fixture.ts';
import { onBothDatabases } from './databases.ts';

const deps = { clock: { now: () => 7 }, log: silentLog };
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-last-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

onBothDatabases('the database of the last 0.1', (newPlace, kind) => {
  async function place(): Promise<DatabasePlace> {
    if (kind === 'sqlite') {
      unpackFixture(folder);
      return { kind, path: join(folder, packed.data, 'gatehouse.db') };
    }
    const made = await newPlace('empty');
    if (made.kind !== 'postgres') throw new Error(`${made.kind} is no PostgreSQL.`);
    const client = new pg.Client({ connectionString: made.url });
    await client.connect();
    await client.query(postgresFixture());
    await client.end();
    return made;
  }

  const shape = async ({ db, dialect }: Database): Promise<object[]> => {
    const { rows } = await (dialect === 'sqlite'
      ? sql<object>`select t.name as "table", c.name, lower(c.type) as type, c."notnull", c.dflt_value, c.pk
          from sqlite_schema t join pragma_table_info(t.name) c where t.type = 'table' and t.name not like 'sqlite_%'
        union all select tbl_name, name, '', 0, null, 0 from sqlite_schema where type = 'index' order by 1, 2`
      : sql<object>`select table_name as "table", column_name as name, data_type as type, is_nullable, column_default, collation_name
          from information_schema.columns where table_schema = 'public'
        union all select tablename, indexname, indexdef, '', '', '' from pg_indexes where schemaname = 'public' order by 1, 2, 3`
    ).execute(db);
    return rows;
  };

  test('is brought to the baseline in one step, with every person', async () => {
    const announced: unknown[] = [];
    const database = await openDatabase(await place(), { ...deps, announce: (one) => announced.push(one) });
    const fresh = await openDatabase(await newPlace('empty'), deps);
    expect(await shape(database)).toEqual(await shape(fresh));
    expect(database.version).toBe(migrations.at(-1)!.name);
    const people = await database.db
      .selectFrom('subject')
      .select(({ fn }) => fn.countAll().as('count'))
      .executeTakeFirstOrThrow();
    expect(Number(people.count)).toBe(5);
    const snapshot =
      kind === 'sqlite' ? expect.stringContaining('snapshots/0055-session-pictures-') : undefined;
    expect(announced).toEqual([
      { what: 'database', from: '0055-session-pictures', to: migrations.at(-1)!.name, snapshot },
    ]);
    for (const { close } of [database, fresh]) await close();
  });

  /** As another program does, before it is opened. */
  async function change(made: DatabasePlace, statements: string): Promise<void> {
    if (made.kind === 'postgres') {
      const client = new pg.Client({ connectionString: made.url });
      await client.connect();
      await client.query(statements);
      await client.end();
    } else if (made.kind === 'sqlite') {
      const file = new Sqlite(made.path);
      file.exec(statements);
      file.close();
    }
  }

  test('of copies of a window of behavior the one that was first seen stays', async () => {
    const made = await place();
    await change(
      made,
      `insert into behavior_window (organization, world, fingerprint, sid_hash, seq, up_ms, seen_at)
        select id, 'live', 'abcdefghijklmnopqrstuv', 'e5', 3, 0.5, 2 from organization where name = 'Museum';
       insert into behavior_window (organization, world, fingerprint, sid_hash, seq, up_ms, seen_at)
        select id, 'live', 'abcdefghijklmnopqrstuv', 'd4', 3, 0.5, 1 from organization where name = 'Museum'`,
    );
    const { db, close } = await openDatabase(made, deps);
    const rows = await db.selectFrom('behavior_window').select(['sid_hash', 'seen_at']).execute();
    await close();
    expect(rows).toEqual([{ sid_hash: 'd4', seen_at: 1 }]);
  });

  test('what is older stays as it is, with the way on', async () => {
    const made = await place();
    const refused = await openDatabase(made, { ...deps, older: 'refuse' }).catch(
      (error: Error) => error.message,
    );
    expect(refused).toContain('gatehouse migrate');
    await change(made, "delete from schema_migration where name >= '0055'");
    await expect(openDatabase(made, deps)).rejects.toMatchObject({
      code: 'CONFLICT',
      message: expect.stringMatching(
        /schema 0053-query-indexes, which is older .*0055-session-pictures.*Nothing was changed/,
      ),
    });
  });
});
