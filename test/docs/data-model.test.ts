import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { tablesMadeBy } from '../../service/storage/migrate.ts';
import { migrations } from '../../service/storage/migrations/index.ts';

test('the picture of the tables has each table, and no other', () => {
  const page = readFileSync(new URL('../../docs/code/data-model.md', import.meta.url), 'utf8');
  const [, picture = ''] = /```mermaid\n(.*?)```/s.exec(page) ?? [];
  const named = picture.match(/\b[a-z]+(?:_[a-z]+)*(?= -->|;|$)/gm) ?? [];
  const tables = tablesMadeBy(migrations).map(({ name }) => name);
  expect([...new Set(named)].filter((name) => name !== 'end').sort()).toEqual(tables.sort());
});
