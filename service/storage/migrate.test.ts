import { expect, test } from 'vitest';
import { openSqlite } from './connection.ts';
import type { SchemaChange } from './migrate.ts';
import type { Migration } from './migration.ts';
import { migrations } from './migrations/index.ts';
import { openSqliteMemory } from './sqlite.ts';

const plan = (database: ReturnType<typeof openSqliteMemory>, sql: string) =>
  database
    .prepare<unknown[], { detail: string }>(`explain query plan ${sql}`)
    .all()
    .map(({ detail }) => detail)
    .join('; ');

const oneSubject =
  "select id from verification where subject = 'sub_1' and organization = 'org_1' order by id";

test('an index of the subject is chosen before one of the organization, also where that gives the order', async () => {
  const database = openSqliteMemory();
  await openSqlite(database, { clock: { now: () => 0 } }, migrations);
  expect(plan(database, oneSubject)).toContain('verification_subject (subject=?)');
  // What these figures are for.
  database.exec('delete from sqlite_stat1; analyze sqlite_schema');
  const again = openSqliteMemory(database.serialize());
  expect(plan(again, oneSubject)).toContain('verification_organization (organization=?)');
});

test('every index has figures, of whole rows', async () => {
  const database = openSqliteMemory();
  await openSqlite(database, { clock: { now: () => 0 } }, migrations);
  const without = database
    .prepare(
      `select i.name from sqlite_schema t join pragma_index_list(t.name) i
       left join sqlite_stat1 s on s.tbl = t.name and s.idx = i.name
       where t.type = 'table' and t.name not like 'sqlite_%' and (s.stat is null or s.stat glob '*[^0-9 ]*')`,
    )
    .all();
  expect(without).toEqual([]);
});

test('the start goes on from before the copy until the last migration has ended, also where one fails', async () => {
  const steps: string[] = [];
  const goesOn = () => {
    steps.push('begins');
    return { [Symbol.dispose]: () => void steps.push('ended') };
  };
  const announce = ({ to }: SchemaChange) => void steps.push(to);
  const open = (database: ReturnType<typeof openSqliteMemory>, more: Migration[]) =>
    openSqlite(database, { clock: { now: () => 0 }, announce, goesOn }, [...migrations, ...more]);
  const database = openSqliteMemory();
  await open(database, []);
  expect(steps).toEqual([]);
  const held = database.serialize();
  const [one, two] = [1, 2].map((number) => ({
    name: `900${number}-step`,
    up: () => [`create table step${number} (id text)`],
  }));
  await open(openSqliteMemory(held), [one!, two!]);
  expect(steps.splice(0)).toEqual(['begins', '9002-step', 'ended']);
  await expect(
    open(openSqliteMemory(held), [one!, { name: '9002-broken', up: () => ['nonsense'] }]),
  ).rejects.toThrow('9002-broken failed');
  expect(steps).toEqual(['begins', '9002-broken', 'ended']);
});
