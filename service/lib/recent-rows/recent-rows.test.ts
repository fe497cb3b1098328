import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createRecentRows } from './recent-rows.ts';

const names = fc.integer({ min: 0, max: 40 }).map((n) => `user/${n}`);
const numbers = fc.array(fc.double({ noNaN: true }), { maxLength: 3 });
const change = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('set' as const), name: names, numbers }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('delete' as const), name: names }) },
);

/** The same by a Map. */
function apply(
  map: Map<string, number[]>,
  one: typeof change extends fc.Arbitrary<infer T> ? T : never,
  most: number,
) {
  if (one.kind === 'delete') map.delete(one.name);
  else {
    map.delete(one.name);
    map.set(one.name, one.numbers);
    for (const name of map.keys()) if (map.size > most) map.delete(name);
  }
}

test('holds what a Map would hold that forgets the longest untouched', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 20 }), fc.array(change, { maxLength: 200 }), (most, changes) => {
      const rows = createRecentRows({ most, width: 3 });
      const map = new Map<string, number[]>();
      for (const one of changes) {
        if (one.kind === 'set') rows.set(one.name, one.numbers);
        else rows.delete(one.name);
        apply(map, one, most);
        expect(rows.size).toBe(map.size);
      }
      for (let n = 0; n <= 40; n++) {
        expect(rows.get(`user/${n}`)).toEqual(map.get(`user/${n}`));
        expect(rows.has(`user/${n}`)).toBe(map.has(`user/${n}`));
      }
    }),
  );
});

test('forgets the oldest of thousands', () => {
  const rows = createRecentRows({ most: 3_000, width: 1 });
  for (let n = 0; n < 3_500; n++) rows.set(`row/${n}`, [n]);
  expect(rows.size).toBe(3_000);
  expect([rows.get('row/499'), rows.get('row/500'), rows.get('row/3499')]).toEqual([
    undefined,
    [500],
    [3_499],
  ]);
});

test('a row that is too long is refused', () => {
  expect(() => createRecentRows({ most: 2, width: 1 }).set('a', [1, 2])).toThrow(RangeError);
});
