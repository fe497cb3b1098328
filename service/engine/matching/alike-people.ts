import type { SubjectId } from '../../lib/id.ts';
import type { Subjects } from '../subjects/index.ts';

/**
 * How many of the people that one picture matches could be blended in it: each that has another one beside them, not marked as distinct
 * from them. 0, or at least 2.
 */
export async function alikePeople(
  { distinctFrom }: Pick<Subjects, 'distinctFrom'>,
  people: readonly SubjectId[],
): Promise<number> {
  if (people.length < 2) return 0;
  const distinct = new Map<SubjectId, Set<SubjectId>>();
  for (const one of people)
    distinct.set(one, new Set((await distinctFrom(one)).map(({ subject }) => subject)));
  const isBeside = (one: SubjectId, other: SubjectId) => one !== other && !distinct.get(one)!.has(other);
  return people.filter((one) => people.some((other) => isBeside(one, other))).length;
}
