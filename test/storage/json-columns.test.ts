import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { type ProtectedName, protectedNames, specOf } from '../../service/storage/keys/protected-tables.ts';
import { jsonColumns } from '../../service/storage/rows.ts';

const baseline = readFileSync(
  new URL('../../service/storage/migrations/0001-baseline.ts', import.meta.url),
  'utf8',
);

/** A receipt is signed; the hash of a consent text stands in the row of its organization. */
const signed = ['erasure.receipt', 'consent_text.content'];

function columnsUnderMac(name: ProtectedName): string[] {
  const { covers, laterCovers = [] } = specOf(name);
  return [...covers, ...laterCovers].map((column) => `${name}.${column}`);
}

test('each column that the schema calls JSON is under a MAC, signed, or looked at by the check `json`', () => {
  const said = baseline.split(/create table /).flatMap((text) => {
    const [, table] = /^(\w+)/.exec(text) ?? [];
    return [...text.matchAll(/-- .*\bJSON\b.*\n\s+(\w+) \$\{text\}/g)].map(
      ([, column]) => `${table}.${column}`,
    );
  });
  expect(said.length).toBeGreaterThan(20);
  const looked = Object.entries(jsonColumns).flatMap(([table, columns]) =>
    columns.map((column) => `${table}.${column}`),
  );
  const covered = new Set([...signed, ...looked, ...protectedNames.flatMap(columnsUnderMac)]);
  expect(said.filter((column) => !covered.has(column))).toEqual([]);
});
