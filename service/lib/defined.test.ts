import { expect, test } from 'vitest';
import { defined } from './defined.ts';

test('only what is undefined is left out', () => {
  expect(Object.entries(defined({ a: undefined, b: 0, c: '', d: null, e: false }))).toEqual([
    ['b', 0],
    ['c', ''],
    ['d', null],
    ['e', false],
  ]);
});
