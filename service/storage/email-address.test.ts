import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formerSpelling, normalizeEmail } from './email-address.ts';

test.each([
  ['Ada@Example.ORG', 'ada@example.org'],
  ['  ada@example.org\n', 'ada@example.org'],
  ['\u00a0ada@example.org\u3000', 'ada@example.org'],
  ['ａｄａ＠ｅｘａｍｐｌｅ．ｏｒｇ', 'ada@example.org'],
  ['re\u0301ne\u0301@example.org', 'réné@example.org'],
  ['ﬁn@example.org', 'fin@example.org'],
  ['a.da+tag@example.org', 'a.da+tag@example.org'],
  ['ada@bücher.example', 'ada@xn--bcher-kva.example'],
  ['ada@BU\u0308CHER.Example', 'ada@xn--bcher-kva.example'],
  ['Ada@XN--BCHER-KVA.example', 'ada@xn--bcher-kva.example'],
  ['réné@straße.example', 'réné@xn--strae-oqa.example'],
  ['user@例え。テスト', 'user@xn--r8jz45g.xn--zckzah'],
  ['"a@ü"@bücher.example', '"a@ü"@xn--bcher-kva.example'],
  ['ada@1', 'ada@1'],
  ['ada@ü/x', 'ada@ü/x'],
  ['ada@xn--a', 'ada@xn--a'],
])('%j is %j', (written, normal) => {
  expect(normalizeEmail(written)).toBe(normal);
});

test('the normal form of a normal form is itself', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const normal = normalizeEmail(text);
      expect(normalizeEmail(normal)).toBe(normal);
    }),
    { numRuns: 2_000 },
  );
});

test('the former spelling is what versions before compared, for international domains alone', () => {
  expect(formerSpelling('Ada@bücher.example')).toBe('ada@bücher.example');
  expect(formerSpelling('ada@XN--BCHER-KVA.example')).toBe('ada@bücher.example');
  expect(formerSpelling('réné@example.org')).toBeUndefined();
  expect(formerSpelling('ada@xn--a')).toBeUndefined();
});
