import { expect, test } from 'vitest';
import { cacheStatements, openSqliteMemory } from './sqlite.ts';

test('a statement is prepared once, and anew after the schema may have changed', () => {
  const database = openSqliteMemory();
  const cached = cacheStatements(database);
  cached.prepare('create table thing (a integer)').run();
  cached.prepare('insert into thing values (?)').run(1);
  const read = cached.prepare('select * from thing');
  expect(cached.prepare('select * from thing')).toBe(read);
  expect(read.all()).toEqual([{ a: 1 }]);
  cached.prepare('alter table thing add column b integer').run();
  expect(cached.prepare('select * from thing').all()).toEqual([{ a: 1, b: null }]);
  cached.prepare('insert into thing values (?, ?)').run(2, 3);
  expect(cached.prepare('select * from thing').all()).toEqual([
    { a: 1, b: null },
    { a: 2, b: 3 },
  ]);
  cached.close();
  expect(database.open).toBe(false);
});

test('more statements than are kept are all right', () => {
  const cached = cacheStatements(openSqliteMemory());
  for (let i = 0; i < 1_000; i++) expect(cached.prepare(`select ${i} as n`).all()).toEqual([{ n: i }]);
  expect(cached.prepare('select 0 as n').all()).toEqual([{ n: 0 }]);
  cached.close();
});
