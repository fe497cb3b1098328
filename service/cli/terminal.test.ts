import { expect, test } from 'vitest';
import { count, facts, severalLines, table } from './terminal.ts';

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

test('what a file or a name brings along cannot move the cursor, hide text or turn it round; our own styles stay', () => {
  const hostile = 'a\u001b[2Jb\u009b8mc\u001b[8md\u001b]0;title\u0007e\rf\u202eg\u2028h';
  expect(severalLines(`\u001b[32mwhole\u001b[39m:\n\t${hostile}`)).toBe(
    '\u001b[32mwhole\u001b[39m:\n\ta\ufffd[2Jb\ufffd8mc\ufffd[8md\ufffd]0;title\ufffde\ufffdf\ufffdg\ufffdh',
  );
});
