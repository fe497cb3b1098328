import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

// The tables of findings name the test of each row: what is named is there.

const root = fileURLToPath(new URL('../..', import.meta.url));
const tests = globSync('{test,service,renderer,sdk}/**/*.test.{ts,tsx}', {
  cwd: root,
  exclude: (path) => path.includes('node_modules'),
}).map((path) => `/${path.replaceAll('\\', '/')}`);

/** A row without a test says why in the last column. */
const rowsOf = (document: string) =>
  [...readFileSync(join(root, 'docs/decisions', document), 'utf8').matchAll(/^\| (.+) \|$/gm)]
    .map(([, row = '']) => row.split(' | '))
    .filter(([first = '']) => !/^(#|finding|walk|---)/.test(first))
    .map((cells) => ({ row: cells[0]!, tests: cells.at(-1)!.trim() }));

const isThere = (name: string) =>
  tests.some((path) => new RegExp(`/${name}(?:/[\\w-]+)?(?:\\.databases)?\\.test\\.tsx?$`).test(path));

test.each([
  ['0056-what-integrators-met.md', 24],
  ['0057-what-newcomers-met.md', 29],
])('each row of %s has a test that is there', (document, least) => {
  const rows = rowsOf(document);
  expect(rows.length).toBeGreaterThanOrEqual(least);
  for (const { row, tests: cell } of rows) {
    const names = [...cell.matchAll(/`([\w./-]+)`/g)].map(([, name = '']) => name);
    const missing = names.filter((name) => !isThere(name));
    expect([row, missing, names.length > 0 || /^none: \S/.test(cell)]).toEqual([row, [], true]);
  }
});

test('the dates of docs/COMPATIBILITY.md are those that the deprecated calls answer', () => {
  const text = readFileSync(join(root, 'docs/COMPATIBILITY.md'), 'utf8');
  const [, since, until] =
    /`POST \/api\/v1\/widget\/sessions`.* \| (\d{4}-\d\d-\d\d) \| (\d{4}-\d\d-\d\d) \|/.exec(text) ?? [];
  const { response } = JSON.parse(
    readFileSync(join(root, 'test/wire/sessions/widget-create.json'), 'utf8'),
  ) as { response: { headers: { deprecation: string; sunset: string } } };
  const day = (at: number) => new Date(at).toISOString().slice(0, 10);
  expect([since, until]).toEqual([
    day(Number(response.headers.deprecation.slice(1)) * 1000),
    day(Date.parse(response.headers.sunset)),
  ]);
});
