import { expect, test } from 'vitest';
import { findForeignTables } from './foreign-tables.ts';
import { compareLongFunctions, findLongFunctions } from './function-lengths.ts';
import { findServiceRooms, findUnnamedRooms, findWideRooms } from './rooms.ts';

const filesOf = (folder: string, count: number) =>
  Array.from({ length: count }, (_, at) => `${folder}/file-${at}.ts`);
const functionOf = (lines: number) => `export function long() {\n${'  work();\n'.repeat(lines - 2)}}\n`;

test('a room with more than 25 source files is named; tests and inner folders are not counted', () => {
  const within = [...filesOf('service/a', 25), 'service/a/x.test.ts', ...filesOf('service/a/inner', 25)];
  expect(findWideRooms(within, {})).toEqual([]);
  expect(findWideRooms([...within, 'service/a/one-more.ts'], {})).toEqual([
    expect.stringContaining('service/a holds 26 source files'),
  ]);
});

test('a room that is allowed to be wide must still be', () => {
  const allowed = { 'service/a': 'is being emptied' };
  expect(findWideRooms(filesOf('service/a', 26), allowed)).toEqual([]);
  expect(findWideRooms(filesOf('service/a', 25), allowed)).toEqual([
    expect.stringContaining('service/a is no longer too wide'),
  ]);
});

test('rooms of the service are its folders, its features and its doors', () => {
  expect(
    findServiceRooms([
      'service/config.ts',
      'service/lib/id.ts',
      'service/storage/keys/vault.ts',
      'service/engine/jobs/jobs.ts',
      'service/doors/meta/index.ts',
      'main/index.ts',
    ]),
  ).toEqual(['service/doors/meta', 'service/engine/jobs', 'service/lib', 'service/storage']);
});

test('a room needs its row and a rule of its own; a row needs its room', () => {
  const page = '| `service/lib` | ids | nothing |\n| `service/engine/jobs` | jobs | lib |\n';
  const rules = [{ from: {} }, { from: { path: '^service/' } }, { from: { path: '^service/lib/' } }];
  const features = { from: { path: '^service/engine/([^/]+)/' } };
  const rooms = ['service/engine/jobs', 'service/lib'];
  expect(findUnnamedRooms(rooms, page, [...rules, features])).toEqual([]);
  expect(findUnnamedRooms(rooms, page, rules)).toEqual([
    expect.stringContaining('service/engine/jobs is named by no rule'),
  ]);
  expect(findUnnamedRooms(['service/lib', 'service/new'], page, rules)).toEqual([
    expect.stringContaining('service/new has no row'),
    expect.stringContaining('a row for service/engine/jobs, which does not exist'),
    expect.stringContaining('service/new is named by no rule'),
  ]);
});

test('a function over 80 lines is found, whatever form it has', () => {
  const name = 'service/a/long.ts long';
  expect(findLongFunctions('service/a/long.ts', functionOf(80))).toEqual([]);
  expect(findLongFunctions('service/a/long.ts', functionOf(81))).toEqual([{ name, lines: 81 }]);
  const arrow = `export const long = async () => {\n${'  work();\n'.repeat(90)}};\n`;
  expect(findLongFunctions('service/a/long.ts', arrow)).toEqual([{ name, lines: 92 }]);
  const passedOn = `call(function () {\n${'  work();\n'.repeat(90)}});\n`;
  expect(findLongFunctions('service/a/long.ts', passedOn)).toEqual([
    { name: 'service/a/long.ts (anonymous)', lines: 92 },
  ]);
});

test('tests, migrations, schemas and generated types may be long', () => {
  for (const file of [
    'service/a/a.test.ts',
    'service/storage/migrations/0001-first.ts',
    'service/storage/schema.ts',
    'sdk/admin/paths.ts',
  ])
    expect(findLongFunctions(file, functionOf(200))).toEqual([]);
});

test('the list of known long functions can only shrink', () => {
  const known = { 'service/a/long.ts long': 100 };
  const found = (lines: number) => [{ name: 'service/a/long.ts long', lines }];
  expect(compareLongFunctions(found(100), known)).toEqual([]);
  expect(compareLongFunctions(found(90), known)).toEqual([]);
  expect(compareLongFunctions(found(101), known)).toEqual([
    expect.stringContaining('has 101 lines, and 100 are allowed'),
  ]);
  expect(compareLongFunctions([], known)).toEqual([expect.stringContaining('is gone or has at most 80')]);
  expect(compareLongFunctions(found(81), {})).toEqual([expect.stringContaining('has 81 lines, and 80')]);
});

test('erasure, retention and the record name no table of another feature, in whatever way', () => {
  const tables = new Set(['erasure', 'subject', 'outbox', 'legal_hold']);
  const found = (text: string, file = 'service/engine/erasure/x-store.ts') =>
    findForeignTables(file, text, tables);
  const named = (table: string) => [expect.stringContaining(`x-store.ts:1 names the table ${table}:`)];
  expect(found("db.selectFrom('subject').selectAll()")).toEqual(named('subject'));
  expect(found("db.selectFrom('subject as s').selectAll()")).toEqual(named('subject'));
  expect(found("db.selectFrom(['erasure', 'outbox'])")).toEqual(named('outbox'));
  expect(found("selectFrom('outbox').select('id')")).toEqual(named('outbox'));
  expect(found("own.innerJoin('subject', 'subject.id', 'erasure.subject')")).toEqual(named('subject'));
  expect(found('tx.deleteFrom(table)')).toEqual(named('table'));
  expect(found('sql`delete from outbox where id = 1`')).toEqual(named('outbox'));
  expect(found('sql<{ n: number }>`select 1 from legal_hold`')).toEqual(named('legal_hold'));
  expect(found("type Row = Schema['subject'];")).toEqual(named('subject'));
  expect(found("const held = 'legal_hold';")).toEqual(named('legal_hold'));
  expect(found("db.selectFrom('erasure').where('subject', '=', subject) // subject")).toEqual([]);
  const introspected = ['sql`select count(*) from $', '{sql.table(name)} where subject = 1`'].join('');
  expect(found(introspected)).toEqual([]);
  expect(found("db.selectFrom('subject')", 'service/engine/subjects/subject-store.ts')).toEqual([]);
  expect(found("db.selectFrom('subject')", 'service/engine/erasure/x-store.test.ts')).toEqual([]);
});
