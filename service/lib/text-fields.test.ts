import { expect, test, vi } from 'vitest';
import { emailAddress, lineOfText } from './text-fields.ts';

test.each(['ada@example.com', 'jörg@exämple.ch', 'a+b@c', '名前@例え.jp'])('%s is an address', (text) => {
  expect(emailAddress.safeParse(text).success).toBe(true);
});

test('white space around an address is removed', () => {
  expect(emailAddress.parse(' ada@example.com\r\n')).toBe('ada@example.com');
});

test.each([
  'ada',
  'a b@c.d',
  'a@b@c',
  '@c.d',
  'a@',
  '\u001b[31mred\u0007@x.y',
  'a@b\u0000',
  'a\u202e@b.c',
  `${'a'.repeat(65)}@b.c`,
  `a@${'b'.repeat(254)}`,
])('%j is none', (text) => {
  expect(emailAddress.safeParse(text).success).toBe(false);
});

test.each([
  ['Ada', 'Ada'],
  ['  Ada Lovelace ', 'Ada Lovelace'],
  ['علي', 'علي'],
  ['Jose\u0301', 'José'],
])('%j is a line', (text, expected) => {
  expect(lineOfText(20).parse(text)).toBe(expected);
});

test('a line that is too long whatever it holds is not normalized, which would take minutes for many accents', () => {
  const normalize = vi.spyOn(String.prototype, 'normalize');
  const tooLong = lineOfText(20).safeParse(`a${'\u0301\u0316'.repeat(40)}`);
  const fits = lineOfText(20).parse('\u03b1\u0313\u0300\u0345'.repeat(20));
  expect(normalize.mock.contexts.map((text) => String(text).length)).toEqual([80]);
  normalize.mockRestore();
  expect(tooLong.error?.issues.map(({ code }) => code)).toEqual(['too_big']);
  expect(fits).toBe('\u1f82'.repeat(20));
});

test.each(['', '   ', 'a\nb', 'a\r\nFAKE', '\u001b]0;pwned\u0007', 'a\u2028b', 'x\u202eb', 'y'.repeat(21)])(
  '%j is none',
  (text) => {
    expect(lineOfText(20).safeParse(text).success).toBe(false);
  },
);

test.each([
  ['ada@example.com.', 'It must not end in a dot.'],
  ['ada@例え。', 'It must not end in a dot.'],
  ['ada\u200b@example.com', 'It holds an invisible character (U+200B): type it again.'],
  ['ada@exam\u00adple.com', 'It holds an invisible character (U+00AD): type it again.'],
])('of the address %j is said why it is none', (text, message) => {
  expect(emailAddress.safeParse(text).error?.issues.map((issue) => issue.message)).toEqual([message]);
});

test.each(['\u200b', '\u00ad\u2060', '\u{e0041}', '\u034f'])('%j shows nothing, and is no line', (text) => {
  expect(
    lineOfText(20)
      .safeParse(text)
      .error?.issues.map(({ message }) => message),
  ).toEqual(['It must hold a visible character.']);
});

test('joiners inside a name are part of it', () => {
  expect(lineOfText(20).parse('می\u200cخواهم')).toBe('می\u200cخواهم');
});

test.each([lineOfText(20), emailAddress])('lost letters are refused', (field) => {
  expect(field.safeParse('J\ufffdrgen@example.com').error?.issues.map(({ message }) => message)).toEqual([
    'It holds U+FFFD in place of letters that were lost: send it as UTF-8.',
  ]);
});
