import fc from 'fast-check';
import { expect, test } from 'vitest';
import { normalizeEmail } from './email-address.ts';

test.each([
  ['Ada@Example.ORG', 'ada@example.org'],
  ['  ada@example.org\n', 'ada@example.org'],
  ['\u00a0ada@example.org\u3000', 'ada@example.org'],
  ['ａｄａ＠ｅｘａｍｐｌｅ．ｏｒｇ', 'ada@example.org'],
  ['re\u0301ne\u0301@example.org', 'réné@example.org'],
  ['ﬁn@example.org', 'fin@example.org'],
  ['a.da+tag@example.org', 'a.da+tag@example.org'],
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
