import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { OrganizationId, SubjectId } from '../../../../lib/id.ts';
import { silentLog } from '../../../../lib/log.ts';
import type { PersonText } from '../read-subjects-store.ts';
import { createPeopleSearch } from './people-search.ts';

const realm = { organization: 'org_1' as OrganizationId, world: 'test' } as const;
const idOf = (n: number) => `sub_${String(n).padStart(6, '0')}` as SubjectId;
const person = (n: number, name: string): PersonText => ({ id: idOf(n), email: `p${n}@x.org`, name });

/** Pages of `page` people, the newest first; `gate` is awaited before each but the first. */
function searchOver(people: PersonText[], { page = 2, gate = async () => {} } = {}) {
  let read = 0;
  const sorted = people.toReversed();
  const search = createPeopleSearch({
    log: silentLog,
    store: {
      count: async () => people.length,
      async *everyName() {
        read++;
        for (let i = 0; i < sorted.length; i += page) {
          if (i > 0) await gate();
          yield sorted.slice(i, i + page);
        }
      },
    },
  });
  const numbers = (ids: readonly string[]) => ids.map((id) => Number(id.slice(4)));
  const ask = async (text: string, more: { before?: SubjectId; limit?: number } = {}) => {
    const { ids, ...rest } = await search.find(realm, text, { limit: 50, ...more });
    return { ids: numbers(ids), ...rest };
  };
  return {
    search,
    ask,
    /** Once all are read. */
    async find(text: string, more: { before?: SubjectId; limit?: number } = {}) {
      for (;;) {
        const { ids, reading } = await ask(text, more);
        if (!reading) return ids;
        await setImmediate();
      }
    },
    reads: () => read,
  };
}

test('finds by a part of the address or of the name in any case, the newest first, in pages', async () => {
  const { find } = searchOver([
    person(1, 'Ada Lovelace'),
    person(2, 'Łukasz'),
    person(3, 'Ádám'),
    person(4, 'ada'),
    person(5, 'Jonas Groß'),
  ]);
  expect(await find('ADA')).toEqual([4, 1]);
  expect(await find('łuk')).toEqual([2]);
  expect(await find('A\u0301DA\u0301M')).toEqual([3]);
  expect(await find('gross')).toEqual([5]);
  expect(await find('GROSS')).toEqual([5]);
  expect(await find('@x.org', { limit: 3 })).toEqual([5, 4, 3]);
  expect(await find('@x.org', { limit: 3, before: idOf(2) })).toEqual([1]);
  expect(await find('unknown')).toEqual([]);
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

test('while it is built, the newest are found, and it says how many of them were searched', async () => {
  const gate = Promise.withResolvers<void>();
  const { search, ask, find, reads } = searchOver(
    [person(1, 'Ada'), person(2, 'Bea'), person(3, 'Cid'), person(4, 'Dan')],
    { gate: () => gate.promise },
  );
  search.prepare(realm);
  search.prepare(realm);
  expect(await ask('x.org')).toEqual({ ids: [4, 3], reading: { read: 2, people: 4 } });
  search.remove(realm, idOf(4));
  search.remove(realm, idOf(1));
  search.put(realm, person(2, 'Beatrice'));
  search.put(realm, person(5, 'Eve'));
  expect(await ask('x.org')).toEqual({ ids: [5, 3], reading: { read: 2, people: 4 } });
  gate.resolve();
  expect(await find('x.org')).toEqual([5, 3, 2]);
  expect(await find('beatrice')).toEqual([2]);
  expect(await ask('bea')).toEqual({ ids: [2] });
  expect(reads()).toBe(1);
});

test('changes before the first page are not lost', async () => {
  const { search, find } = searchOver([person(1, 'Ada'), person(2, 'Bea'), person(3, 'Cid')], { page: 1 });
  search.prepare(realm);
  search.remove(realm, idOf(1));
  search.put(realm, person(2, 'Beatrice'));
  search.put(realm, person(4, 'Dan'));
  expect(await find('x.org')).toEqual([4, 3, 2]);
  expect(await find('beatrice')).toEqual([2]);
});

test('closing ends the building, and forgets', async () => {
  const gate = Promise.withResolvers<void>();
  const { search, ask } = searchOver([person(1, 'Ada'), person(2, 'Bea'), person(3, 'Cid')], {
    page: 1,
    gate: () => gate.promise,
  });
  expect(await ask('bea')).toEqual({ ids: [], reading: { read: 1, people: 3 } });
  const closed = search.close();
  gate.resolve();
  await closed;
  await expect(ask('cid')).rejects.toMatchObject({ code: 'OVERLOADED' });
});

test('a failed build is tried again by the next search', async () => {
  let broken = true;
  const search = createPeopleSearch({
    log: silentLog,
    store: {
      count: async () => 1,
      async *everyName() {
        if (broken) throw new Error('The database does not answer.');
        yield [person(1, 'Ada')];
      },
    },
  });
  await expect(search.find(realm, 'ada', { limit: 1 })).rejects.toThrow('does not answer');
  broken = false;
  expect((await search.find(realm, 'ada', { limit: 1 })).ids).toEqual([idOf(1)]);
});
