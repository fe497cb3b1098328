import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createIdRows } from './id-rows.ts';

const id = fc.oneof(
  fc.integer({ min: 0, max: 120 }).map((n) => `sub_${n}`),
  fc.string({ unit: 'grapheme-ascii', maxLength: 31 }),
);
const step = fc.oneof(
  fc.record({ is: fc.constant('add'), id, marked: fc.boolean() }),
  fc.record({ is: fc.constant('remove'), id, marked: fc.boolean() }),
);

test('is what a map would be, whatever was added and removed before', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 400, size: 'max' }), (steps) => {
      const rows = createIdRows(2);
      const model = new Map<string, boolean>();
      const numbers = new Map<string, number[]>();
      for (const [at, { is, id, marked }] of steps.entries()) {
        const row = rows.rowOf(id);
        expect(row >= 0).toBe(model.has(id));
        if (is === 'add') {
          const own = row >= 0 ? row : rows.add(id);
          expect([...rows.numbersAt(own)]).toEqual(numbers.get(id) ?? [0, 0]);
          rows.mark(own, marked);
          rows.numbersAt(own).set([at, -at / 3]);
          model.set(id, marked);
          numbers.set(id, [at, -at / 3]);
        } else if (row >= 0) {
          rows.remove(row);
          model.delete(id);
          numbers.delete(id);
        }
        expect(rows.size()).toBe(model.size);
        expect(rows.marked()).toBe([...model.values()].filter(Boolean).length);
      }
      const there = Array.from({ length: rows.size() }, (_, row) => rows.idAt(row));
      expect(there.map((one) => rows.rowOf(one))).toEqual([...there.keys()]);
      expect(new Map(there.map((one, row) => [one, rows.isMarked(row)]))).toEqual(model);
      expect(new Map(there.map((one, row) => [one, [...rows.numbersAt(row)]]))).toEqual(numbers);
    }),
    { numRuns: 200 },
  );
});

test('ids of one hash are all found, also after one of them is gone', () => {
  const rows = createIdRows();
  // 200,000 ids in a table of 32 bits: some have the same hash, very many the same place.
  const ids = Array.from({ length: 200_000 }, (_, i) => `sub_01${String(i).padStart(24, '0')}`);
  for (const one of ids) rows.add(one);
  for (const one of ids.filter((_, i) => i % 3 === 0)) rows.remove(rows.rowOf(one));
  const wrong = ids.filter((one, i) =>
    i % 3 === 0 ? rows.rowOf(one) !== -1 : rows.idAt(rows.rowOf(one)) !== one,
  );
  expect([wrong, rows.size()]).toEqual([[], 133_333]);
});

test('an id that has no room in a row is refused, and nothing is changed', () => {
  const rows = createIdRows();
  for (const one of ['a'.repeat(32), 'sub_ä']) {
    expect(() => rows.add(one)).toThrow(RangeError);
    expect(rows.rowOf(one)).toBe(-1);
  }
  expect(rows.size()).toBe(0);
});
