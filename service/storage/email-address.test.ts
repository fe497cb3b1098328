import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formerSpellings, normalizeEmail } from './email-address.ts';

test.each([
  ['Ada@Example.ORG', 'ada@example.org'],
  ['  ada@example.org\n', 'ada@example.org'],
  ['\u00a0ada@example.org\u3000', 'ada@example.org'],
  ['ａｄａ＠ｅｘａｍｐｌｅ．ｏｒｇ', 'ada@example.org'],
  ['re\u0301ne\u0301@example.org', 'réné@example.org'],
  ['ﬁn@example.org', 'fin@example.org'],
  ['a.da+tag@example.org', 'a.da+tag@example.org'],
  ['sigmaΣ@example.org', 'sigmaσ@example.org'],
  ['sigmaς@example.org', 'sigmaσ@example.org'],
  ['ΟΔΥΣΣΕΥΣ.ΑΣ@example.org', 'οδυσσευσ.ασ@example.org'],
  ['\u212aelvin@example.org', 'kelvin@example.org'],
  ['GROẞ@example.org', 'groß@example.org'],
  ['gross@example.org', 'gross@example.org'],
  ['ılker@example.org', 'ılker@example.org'],
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

test('former spellings are what versions before compared, where that is another', () => {
  expect(formerSpellings('Ada@bücher.example')).toEqual(['ada@bücher.example']);
  expect(formerSpellings('ada@XN--BCHER-KVA.example')).toEqual(['ada@bücher.example']);
  for (const typed of ['ΑΣ@example.org', 'ας@example.org', 'ασ@example.org'])
    expect(formerSpellings(typed)).toEqual(['ας@example.org']);
  expect(formerSpellings('ας@bücher.example')).toEqual([
    'ασ@bücher.example',
    'ας@bücher.example',
    'ας@xn--bcher-kva.example',
  ]);
  for (const one of ['ada@example.org', 'réné@example.org', 'ada@xn--a'])
    expect(formerSpellings(one)).toEqual([]);
});
