import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createPrintList, type WindowPrint } from './print-list.ts';

const prints = fc.array(
  fc.record({
    print: fc.string({
      unit: fc.constantFrom(...'-_09AZaz'),
      minLength: 8,
      maxLength: 8,
    }),
    seenAt: fc.integer({ min: 0, max: 2 ** 42 }),
  }),
  { maxLength: 700 },
);

test('gives back every print once, by its first two characters, and each part in order', () => {
  fc.assert(
    fc.property(prints, fc.integer({ min: 1, max: 100 }), (given, part) => {
      const list = createPrintList();
      for (const one of given) list.add(one);
      expect(list.size).toBe(given.length);
      expect(list.first).toBe(Math.min(Number.POSITIVE_INFINITY, ...given.map(({ seenAt }) => seenAt)));
      const ordered = list.ordered();
      const parts: WindowPrint[][] = [];
      for (let begin = 0; begin < list.size; begin += part) parts.push(ordered.at(begin, part));
      const inOrder = (a: WindowPrint, b: WindowPrint) =>
        a.print < b.print ? -1 : a.print > b.print ? 1 : a.seenAt - b.seenAt;
      for (const one of parts) expect(one).toEqual(one.toSorted(inOrder));
      const starts = parts.flat().map(({ print }) => print.slice(0, 2));
      for (let i = part; i < starts.length; i += part) expect(starts[i]! >= starts[i - 1]!).toBe(true);
      expect(parts.flat().toSorted(inOrder)).toEqual(given.toSorted(inOrder));
    }),
  );
});
