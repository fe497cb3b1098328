import { expect, test } from 'vitest';
import { count, facts, severalLines, table, wrap } from './terminal.ts';

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
  expect(table(['id'], [], 'No person is enrolled.')).toBe('No person is enrolled.');
});

test('a table that does not fit into the window is a block for each row', () => {
  const shown = (width: number) =>
    table(
      ['id', 'pictures', 'name'],
      [
        ['a', 2, 'Ada'],
        ['bcd', 10, undefined],
      ],
      'none',
      width,
    );
  expect(shown(19)).toContain('id   pictures  name');
  expect(shown(18)).toBe('id        a\npictures  2\nname      Ada\n\nid        bcd\npictures  10');
});

test('a sentence is broken between words and hangs; a command in it is not broken', () => {
  expect(wrap('one two three four', 13, 2)).toBe('one two\n  three four');
  expect(wrap('one two three four', 100, 2)).toBe('one two three four');
  expect(wrap('a-word-too-long-for-it b', 10, 2)).toBe('a-word-too-long-for-it\n  b');
  expect(wrap('Now: npx gatehouse init   or that', 20, 4)).toBe('Now:\n    npx gatehouse init\n    or that');
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
