import { expect, test } from 'vitest';
import type { SubjectId } from '../../lib/id.ts';
import { alikePeople } from './same-person.ts';

const [ada, bea, eve] = ['sub_ada', 'sub_bea', 'sub_eve'] as SubjectId[] as [SubjectId, SubjectId, SubjectId];

function marked(...pairs: [SubjectId, SubjectId][]) {
  const asked: SubjectId[] = [];
  const distinctFrom = async (one: SubjectId) => {
    asked.push(one);
    return pairs
      .filter((pair) => pair.includes(one))
      .map(([a, b]) => ({ subject: a === one ? b : a, markedAt: 0, markedBy: 'operator:ada' }));
  };
  return { asked, subjects: { distinctFrom } };
}

test('one person, or none, is not alike to another, and nothing is read', async () => {
  const { asked, subjects } = marked();
  expect([await alikePeople(subjects, []), await alikePeople(subjects, [ada])]).toEqual([0, 0]);
  expect(asked).toEqual([]);
});

test('people who were marked as distinct do not count, unless a third one is beside them', async () => {
  expect(await alikePeople(marked().subjects, [ada, bea])).toBe(2);
  const { subjects } = marked([ada, bea]);
  expect(await alikePeople(subjects, [ada, bea])).toBe(0);
  expect(await alikePeople(subjects, [ada, bea, eve])).toBe(3);
  expect(await alikePeople(marked([ada, bea], [eve, ada]).subjects, [ada, bea, eve])).toBe(2);
});
