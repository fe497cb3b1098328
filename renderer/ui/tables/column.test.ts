import { expect, test } from 'vitest';
import { nextSort, readSort, writeSort } from './column.ts';

test('a sort stands in the address and turns at the second press', () => {
  expect([readSort('-createdAt'), readSort('name'), readSort(''), readSort(undefined)]).toEqual([
    { by: 'createdAt', descending: true },
    { by: 'name', descending: false },
    undefined,
    undefined,
  ]);
  const first = nextSort(undefined, 'name');
  expect([first, nextSort(first, 'name'), nextSort(first, 'other')].map(writeSort)).toEqual([
    'name',
    '-name',
    'other',
  ]);
});
