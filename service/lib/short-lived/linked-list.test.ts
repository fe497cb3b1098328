import fc from 'fast-check';
import { expect, test } from 'vitest';
import { oldSpaceGrowth } from '../../../test/support/old-space.ts';
import { createLinkedList, type Linked, type LinkedList, unlinked } from './linked-list.ts';

interface Member extends Linked<Member> {
  id: number;
}

const member = (id: number): Member => ({ id, ...unlinked });

function idsOf(list: LinkedList<Member>): number[] {
  const ids: number[] = [];
  for (let one = list.first; one; one = one.after) ids.push(one.id);
  return ids;
}

test('in any order of adding and removing it has the members of an array, in their order', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(9), fc.boolean())), (steps) => {
      const members = Array.from({ length: 10 }, (_, id) => member(id));
      const list = createLinkedList<Member>();
      let expected: number[] = [];
      for (const [id, adds] of steps) {
        const one = members[id]!;
        expect(list.has(one)).toBe(expected.includes(id));
        if (adds) {
          list.add(one);
          if (!expected.includes(id)) expected.push(id);
        } else {
          expect(list.remove(one)).toBe(expected.includes(id));
          expected = expected.filter((other) => other !== id);
        }
        expect([list.size, list.first?.id, ...idsOf(list)]).toEqual([
          expected.length,
          expected[0],
          ...expected,
        ]);
      }
    }),
  );
});

test('a member of another list is neither added nor removed', () => {
  const [one, other] = [createLinkedList<Member>(), createLinkedList<Member>()];
  const a = member(1);
  one.add(a);
  expect(() => other.add(a)).toThrow('another one');
  expect(other.remove(a)).toBe(false);
  expect(idsOf(one)).toEqual([1]);
});

test('members that left are not kept by the heap, where those of a Set are', async () => {
  const turnover = (make: string, put: string) =>
    oldSpaceGrowth(
      new URL('./linked-list.ts', import.meta.url),
      `const list = ${make};
       const open = new Array(16);
       return (n) => {
         ${put.replace('VALUE', '{ n, ...subject.unlinked }')}
       };`,
    );
  const linked = await turnover(
    'subject.createLinkedList()',
    'if (n >= 16) list.remove(open[n % 16]); list.add((open[n % 16] = VALUE));',
  );
  const inSet = await turnover('new Set()', 'list.delete(open[n % 16]); list.add((open[n % 16] = VALUE));');
  expect(linked).toBeLessThan(inSet / 4);
});
