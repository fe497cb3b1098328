import { afterEach, beforeEach, expect, test } from 'vitest';
import { direction } from '../../../../test/support/faces.ts';
import { createGalleries } from '../../../inference/gallery/galleries.ts';
import type { OrganizationId, SubjectId, World } from '../../../lib/id.ts';
import { silentLog } from '../../../lib/log.ts';
import { createPeopleGalleries, type PeopleGalleries } from './people-galleries.ts';

const [ada, bob] = ['sub_ada', 'sub_bob'] as [SubjectId, SubjectId];
const realm = (name = 'one', world: World = 'live') => ({
  organization: `org_${name}` as OrganizationId,
  world,
});
let embedders: string[];
let galleries: ReturnType<typeof createGalleries>;
let index: PeopleGalleries;
beforeEach(() => {
  embedders = ['former'];
  galleries = createGalleries({ log: silentLog });
  const unrotated = { generation: 1, rotate: (vector: Float32Array) => vector };
  index = createPeopleGalleries(
    galleries,
    () => embedders,
    () => unrotated,
  );
});
afterEach(() => galleries.close());

/** Who is found in a gallery, by its embedder. */
async function found(of: string, at = realm()): Promise<string[]> {
  const name = `${at.organization}/${at.world}/${of}`;
  const rows = await galleries.search(name, direction('ada'), 10);
  return rows.map(({ template }) => template).toSorted();
}

const rows = (face: string, ...of: string[]) =>
  of.map((embedder) => ({ embedder, vectors: [direction(face)], anchored: true }));

test('an erased person leaves the galleries of former embedders too, and no other person does', async () => {
  for (const model of ['former', 'present']) {
    embedders = ['former', model];
    for (const subject of [ada, bob]) index.put(realm(), subject, rows(subject, 'former', model));
    // Another organization whose name begins like the first one's, and the other world.
    for (const other of [realm('one1'), realm('one', 'test')])
      index.put(other, ada, rows('ada', 'former', model));
  }
  index.erase(realm(), ada);
  expect(await index.listPeople(realm())).toEqual([bob]);
  for (const model of ['former', 'present']) {
    expect(await found(model)).toEqual([bob]);
    expect(await index.search(realm(), model, direction('ada'), 10)).toEqual([bob]);
    for (const other of [realm('one1'), realm('one', 'test')])
      expect(await found(model, other)).toEqual([ada]);
  }
});

test('a person is in the gallery of each embedder that has made a template, and is counted once', async () => {
  embedders = ['former', 'present'];
  index.put(realm(), ada, rows('ada', 'former'));
  index.put(realm(), bob, rows('bob', 'former', 'present', 'unsearched'));
  index.put(realm(), 'sub_cyd' as SubjectId, rows('cyd', 'former'), 'scope');
  expect([await found('former'), await found('present'), await found('unsearched')]).toEqual([
    [ada, bob],
    [bob],
    [],
  ]);
  expect([index.people(realm()), index.people(realm(), 'scope')]).toEqual([2, 1]);
  expect(['former', 'present'].map((one) => index.peopleWithout(realm(), one))).toEqual([0, 2]);
  index.put(realm(), ada, rows('ada', 'present'));
  expect([await found('former'), index.peopleWithout(realm(), 'present')]).toEqual([[bob], 1]);
  index.put(realm(), bob, []);
  expect([await index.listPeople(realm()), await found('former'), await found('present')]).toEqual([
    [ada],
    [],
    [ada],
  ]);
});

test('who is erased or put in while galleries are filled stays as that left them', async () => {
  index.put(realm(), ada, rows('former row', 'former'));
  const stored: [SubjectId, string][] = [
    [ada, 'ada'],
    [bob, 'bob'],
  ];
  await index.fill(async (put) => {
    expect(index.people(realm())).toBe(0);
    index.erase(realm(), ada);
    index.put(realm(), bob, rows('newer', 'former'));
    for (const [subject, face] of stored) put(realm(), subject, rows(face, 'former'));
  });
  expect(await found('former')).toEqual([bob]);
  const [nearest] = await galleries.search('org_one/live/former', direction('newer'), 1);
  expect(nearest?.similarity).toBeCloseTo(1);
});
