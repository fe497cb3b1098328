import { expect, test } from 'vitest';
import { count, facts, table } from './terminal.ts';

test('a table aligns columns, numbers to the right, absent cells as a dash', () => {
  expect(
    table(
      ['id', 'pictures', 'name'],
      [
        ['a', 2, 'Ada'],
        ['bcd', 10, undefined],
      ],
      'none',
    ),
  ).toBe(['id   pictures  name', 'a           2  Ada', 'bcd        10  –'].join('\n'));
});

test('a table without rows says so', () => {
  expect(table(['id'], [], 'Nobody is enrolled.')).toBe('Nobody is enrolled.');
});

test('facts leave out what is not known', () => {
  expect(
    facts([
      ['id', 'x'],
      ['e-mail', undefined],
      ['pictures', 3],
    ]),
  ).toBe('id        x\npictures  3');
});

test('count speaks of one and many', () => {
  expect([count(1, 'picture', 'pictures'), count(1200, 'picture', 'pictures')]).toEqual([
    '1 picture',
    '1,200 pictures',
  ]);
});
