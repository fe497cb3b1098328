import { expect, test } from 'vitest';
import { findForeignTables } from './foreign-tables.ts';
import { findImports, withImports } from './import-table.ts';
import { findLongTitles } from './long-titles.ts';
import { findServiceRooms, findUnnamedRooms } from './rooms.ts';
import { findEmptySpreads, findSpreadServices } from './spreads.ts';
import { findLongerWalks, measureWalk } from './walks.ts';

test('rooms of the service are its folders, the rooms of the engine and the doors', () => {
  expect(
    findServiceRooms([
      'service/config.ts',
      'service/lib/id.ts',
      'service/storage/keys/vault.ts',
      'service/engine/events/jobs/jobs.ts',
      'service/doors/meta/index.ts',
      'main/index.ts',
    ]),
  ).toEqual(['service/doors/meta', 'service/engine/events', 'service/lib', 'service/storage']);
});

test('a room needs its row and a rule of its own; a row needs its room', () => {
  const page = '| `service/lib` | ids | nothing |\n| `service/engine/events/jobs` | jobs | lib |\n';
  const rules = [{ from: {} }, { from: { path: '^service/' } }, { from: { path: '^service/lib/' } }];
  const features = { from: { path: '^service/engine/([^/]+)/' } };
  const rooms = ['service/engine/events/jobs', 'service/lib'];
  expect(findUnnamedRooms(rooms, page, [...rules, features])).toEqual([]);
  expect(findUnnamedRooms(rooms, page, rules)).toEqual([
    expect.stringContaining('service/engine/events/jobs is named by no rule'),
  ]);
  expect(findUnnamedRooms(['service/lib', 'service/new'], page, rules)).toEqual([
    expect.stringContaining('service/new has no row'),
    expect.stringContaining('a row for service/engine/events/jobs, which does not exist'),
    expect.stringContaining('service/new is named by no rule'),
  ]);
});

test('an object literal that is spread without a condition is named with its line; others are not', () => {
  const found = (text: string) => findEmptySpreads('service/a.ts', text);
  expect(found('const one = {\n  ...{ a: 1, b },\n};')).toEqual([expect.stringContaining('service/a.ts:2 ')]);
  expect(found('const one = { ...other, ...(known && { a }), ...defined({ b }) };')).toEqual([]);
});

test('a function of compose that builds something spreads no object; conditions, and what is done later, may', () => {
  const found = (text: string, file = 'service/compose/a.ts') => findSpreadServices(file, text);
  const fault = [expect.stringContaining('service/compose/a.ts:1 ')];
  expect(found('function createPeople(base) { return createSubjects({ ...base, consents }); }')).toEqual(
    fault,
  );
  expect(found('async function openAll() { const all = { ...people, ...live }; }')).toHaveLength(2);
  expect(found('export const createPeople = (deps) => ({ ...createHolds(deps) });')).toEqual(fault);
  expect(
    found('function createPeople(base) { return createSubjects(base, { ...(tls && { tls }) }); }'),
  ).toEqual([]);
  expect(found('function createReport(facts) { return { now: () => ({ ...facts }) }; }')).toEqual([]);
  expect(found('function describe(facts) { return { ...facts }; }')).toEqual([]);
  expect(found('function createPeople(base) { return { ...base }; }', 'service/lib/a.ts')).toEqual([]);
  expect(found('function createPeople(base) { return { ...base }; }', 'service/compose/a.test.ts')).toEqual(
    [],
  );
});

test('a title of a commit over 72 characters is named; merges are not counted', () => {
  const log = `a1 ${'x'.repeat(72)}\nb2 ${'x'.repeat(73)}\nc3 Merge branch ${'y'.repeat(80)}\n`;
  expect(findLongTitles(log)).toEqual([expect.stringContaining('b2')]);
});

test('erasure, retention and the record name no table of another feature, in whatever way', () => {
  const tables = new Set(['erasure', 'subject', 'outbox', 'legal_hold']);
  const found = (text: string, file = 'service/engine/people/erasure/x-store.ts') =>
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
  expect(found("db.selectFrom('subject')", 'service/engine/people/subjects/subject-store.ts')).toEqual([]);
  expect(found("db.selectFrom('subject')", 'service/engine/people/erasure/x-store.test.ts')).toEqual([]);
});

test('a walk counts its files once; a step that is gone, or that no earlier step uses, is named', () => {
  const texts: Record<string, string> = {
    'a.ts': 'export function enter() {\n  return decide();\n}\n',
    'b.ts': 'export function decide() {}\nexport function alone() {}\n',
  };
  const measured = (...steps: string[]) => measureWalk({ name: 'w', steps }, (file) => texts[file]);
  expect(measured('a.ts#enter', 'b.ts#decide')).toEqual({ files: 2, lines: 5, faults: [] });
  expect(measured('a.ts#enter', 'b.ts#gone').faults).toEqual([expect.stringContaining('b.ts has no gone')]);
  expect(measured('a.ts#enter', 'c.ts#decide').faults).toEqual([expect.stringContaining('c.ts has no')]);
  expect(measured('a.ts#enter', 'b.ts#alone').faults).toEqual([expect.stringContaining('no earlier step')]);
});

test('a walk that grew by more than a tenth is named', () => {
  const kept = { w: { files: 10, lines: 1000 } };
  expect(findLongerWalks({ w: { files: 11, lines: 1100 } }, kept)).toEqual([]);
  expect(findLongerWalks({ w: { files: 12, lines: 900 } }, kept)).toEqual([expect.stringContaining('grew')]);
  expect(findLongerWalks({ w: { files: 9, lines: 1101 } }, kept)).toEqual([expect.stringContaining('grew')]);
  expect(findLongerWalks({ x: { files: 1, lines: 1 } }, kept)).toEqual([
    expect.stringContaining('no figures'),
  ]);
});

test('the last cell of a room is what its files import, without tests; many rooms are counted', () => {
  const others = Array.from({ length: 11 }, (_, i) => `service/engine/f${i}`);
  const rooms = ['service/lib', 'service/engine/events/jobs', 'service/server', ...others];
  const modules = [
    { source: 'service/engine/events/jobs/a.ts', dependencies: [{ resolved: 'service/lib/id.ts' }] },
    {
      source: 'service/engine/events/jobs/a.test.ts',
      dependencies: [{ resolved: 'service/server/serve.ts' }],
    },
    { source: 'service/server/serve.ts', dependencies: others.map((o) => ({ resolved: `${o}/index.ts` })) },
  ];
  const page =
    '| `service/engine/events/jobs` | a, b | old |\n| `service/server` | x | old |\n| `service/lib` | y | old |';
  expect(withImports(page, rooms, findImports(rooms, modules))).toBe(
    '| `service/engine/events/jobs` | a, b | lib |\n| `service/server` | x | 11 of the 12 rooms of engine |\n' +
      '| `service/lib` | y | nothing of ours |',
  );
});
