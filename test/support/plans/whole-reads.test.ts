import { expect, test } from 'vitest';
import { readPostgresPlan, readSqlitePlan } from './read-plan.ts';
import { wholeReads } from './whole-reads.ts';

const grows = new Set(['template', 'subject', 'delivery', 'organization', 'behavior_window']);
const found = (sql: string, ...details: string[]) =>
  wholeReads(sql, readSqlitePlan(sql, details), grows).map(({ table, by }) => [table, ...by]);

test.each([
  ['a whole table', 'select * from "subject"', 'SCAN subject', ['subject']],
  [
    'a whole index',
    'select "id" from "subject"',
    'SCAN subject USING COVERING INDEX subject_realm',
    ['subject'],
  ],
  [
    'all rows of an organization, as the look-up of a picture did',
    'select "subject" from "template" where "organization" = ? and "world" = ? and "picture_hash" in (?) limit ?',
    'SEARCH template USING INDEX template_realm (organization=? AND world=?)',
    ['template', 'organization', 'world'],
  ],
  [
    'by an alias',
    'select "old"."id" from "template" as "old" where "old"."organization" = ?',
    'SEARCH old USING INDEX template_organization (organization=?)',
    ['template', 'organization'],
  ],
  [
    'an index whose first column is skipped',
    'select * from "template" where "picture_hash" = ?',
    'SEARCH template USING INDEX template_picture (ANY(organization) AND ANY(world) AND picture_hash=?)',
    ['template'],
  ],
])('%s is found', (_, sql, detail, expected) => {
  expect(found(sql, detail)).toEqual([expected]);
});

test.each([
  [
    'one row',
    'select * from "subject" where "id" = ?',
    'SEARCH subject USING INDEX sqlite_autoindex_subject_1 (id=?)',
  ],
  [
    'a row by its place',
    'select * from "subject" where rowid = ?',
    'SEARCH subject USING INTEGER PRIMARY KEY (rowid=?)',
  ],
  [
    'a page in the order of the index',
    'select * from "subject" where "organization" = ? and "world" = ? order by "id" desc limit ?',
    'SEARCH subject USING INDEX subject_realm (organization=? AND world=?)',
  ],
  ['a small table', 'select * from "organization"', 'SCAN organization'],
  ['rows of the statement', 'insert into "subject" ("id") values (?), (?)', 'SCAN 2-ROW VALUES CLAUSE'],
])('%s is none', (_, sql, detail) => {
  expect(found(sql, detail)).toEqual([]);
});

test('a page that is sorted first is found', () => {
  const sql = 'select * from "subject" where "organization" = ? order by "name" limit ?';
  expect(
    found(sql, 'SEARCH subject USING INDEX subject_realm (organization=?)', 'USE TEMP B-TREE FOR ORDER BY'),
  ).toEqual([['subject', 'organization']]);
});

test('of PostgreSQL the same, through bitmaps and sorts', () => {
  const sql = 'select * from "template" where "organization" = $1';
  const read = (root: object) =>
    wholeReads(sql, readPostgresPlan(sql, root as never), grows).map(({ table, by }) => [table, ...by]);
  expect(read({ 'Node Type': 'Seq Scan', 'Relation Name': 'template' })).toEqual([['template']]);
  const bitmap = (condition: string) => ({
    'Node Type': 'Bitmap Heap Scan',
    'Relation Name': 'template',
    Plans: [{ 'Node Type': 'Bitmap Index Scan', 'Index Cond': condition }],
  });
  expect(read(bitmap("(organization = 'org_1'::text)"))).toEqual([['template', 'organization']]);
  expect(read(bitmap("((organization = 'org_1'::text) AND (picture_hash = 'x'::text))"))).toEqual([]);
  expect(
    read(bitmap("((organization = 'org_1'::text) AND (substr(id, (length(id) - 5)) = 'x'::text))")),
  ).toEqual([]);
});
