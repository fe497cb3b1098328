import { expect, test } from 'vitest';
import { toPage } from './page.ts';

const rows = [{ id: 'a' }, { id: 'b' }, { id: 'c' }];

test.each([
  [2, { items: rows.slice(0, 2), next: 'b' }],
  [3, { items: rows }],
  [4, { items: rows }],
])('a page that holds %i of what was found', (limit, page) => {
  expect(toPage(rows, limit)).toStrictEqual(page);
});

test('of nothing', () => {
  expect(toPage([], 0)).toStrictEqual({ items: [] });
});
