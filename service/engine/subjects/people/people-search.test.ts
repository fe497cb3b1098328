import { expect, test } from 'vitest';
import type { OrganizationId, SubjectId } from '../../../lib/id.ts';
import type { PersonText } from '../read-subjects-store.ts';
import { createPeopleSearch } from './people-search.ts';

const realm = { organization: 'org_1' as OrganizationId, world: 'test' } as const;
const idOf = (n: number) => `sub_${String(n).padStart(6, '0')}` as SubjectId;
const person = (n: number, name: string): PersonText => ({ id: idOf(n), email: `p${n}@x.org`, name });

function searchOver(people: PersonText[], page = 2) {
  let read = 0;
  const store = {
    async *everyName() {
      read++;
      for (let i = 0; i < people.length; i += page) yield people.slice(i, i + page);
    },
  };
  const search = createPeopleSearch({ store });
  const find = async (text: string, more: { before?: SubjectId; limit?: number } = {}) =>
    (await search.find(realm, text, { limit: 50, ...more })).map((id) => Number(id.slice(4)));
  return { search, find, reads: () => read };
}

test('finds by a part of the address or of the name in any case, the newest first, in pages', async () => {
  const { find } = searchOver([
    person(1, 'Ada Lovelace'),
    person(2, 'Łukasz'),
    person(3, 'Ádám'),
    person(4, 'ada'),
  ]);
  expect(await find('ADA')).toEqual([4, 1]);
  expect(await find('łuk')).toEqual([2]);
  expect(await find('A\u0301DA\u0301M')).toEqual([3]);
  expect(await find('@x.org', { limit: 3 })).toEqual([4, 3, 2]);
  expect(await find('@x.org', { limit: 3, before: idOf(2) })).toEqual([1]);
  expect(await find('nobody')).toEqual([]);
});

test('is built once, and follows changes from then on', async () => {
  const { search, find, reads } = searchOver([person(1, 'Ada'), person(3, 'Cid')]);
  search.put(realm, person(9, 'Before'));
  expect(await find('before')).toEqual([]);
  search.put(realm, { id: idOf(2), email: 'bea@x.org' });
  search.put(realm, person(3, 'Cedric'));
  search.remove(realm, idOf(1));
  search.remove(realm, idOf(7));
  expect(await find('x.org')).toEqual([3, 2]);
  expect(await find('cid')).toEqual([]);
  expect(await find('ada')).toEqual([]);
  expect(reads()).toBe(1);
});

test('changes that come while it is built are not lost', async () => {
  const { search, find } = searchOver([person(1, 'Ada'), person(2, 'Bea'), person(3, 'Cid')], 1);
  const asked = find('x.org');
  search.remove(realm, idOf(1));
  search.put(realm, person(2, 'Beatrice'));
  search.put(realm, person(4, 'Dan'));
  expect(await asked).toEqual([4, 3, 2]);
  expect(await find('beatrice')).toEqual([2]);
});

test('a failed build is tried again by the next search', async () => {
  let broken = true;
  const search = createPeopleSearch({
    store: {
      async *everyName() {
        if (broken) throw new Error('The database does not answer.');
        yield [person(1, 'Ada')];
      },
    },
  });
  await expect(search.find(realm, 'ada', { limit: 1 })).rejects.toThrow('does not answer');
  broken = false;
  expect(await search.find(realm, 'ada', { limit: 1 })).toEqual([idOf(1)]);
});
