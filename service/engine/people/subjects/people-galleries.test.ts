import fc from 'fast-check';
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

const models = ['former', 'present'];
const step = fc.record({
  subject: fc.nat(7).map((n) => `sub_${n}` as SubjectId),
  part: fc.constantFrom(undefined, 'scope'),
  erase: fc.boolean(),
  has: fc.subarray(models),
  anchored: fc.boolean(),
});

test('counts and lists what a map of all people would, whatever was put and erased before', async () => {
  embedders = models;
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 60, size: 'max' }),
      fc.infiniteStream(fc.double({ min: 0, max: 0.999 })),
      async (steps, chance) => {
        index = createPeopleGalleries(
          createGalleries({ log: silentLog }),
          () => embedders,
          () => ({ generation: 1, rotate: (vector) => vector }),
        );
        // A person is of one part for ever.
        const people = new Map<SubjectId, (typeof steps)[number]>();
        const partOf = new Map<SubjectId, string | undefined>();
        for (const one of steps) {
          const { subject, erase, has, anchored } = one;
          if (!partOf.has(subject)) partOf.set(subject, one.part);
          if (erase) index.erase(realm(), subject);
          else
            index.put(
              realm(),
              subject,
              has.map((embedder) => ({ embedder, vectors: [direction(subject)], anchored })),
              partOf.get(subject),
            );
          if (erase || has.length === 0) people.delete(subject);
          else people.set(subject, one);
        }
        const of = (part: string | undefined) =>
          [...people].filter(([subject]) => partOf.get(subject) === part);
        const enrolled = of(undefined);
        expect([index.people(realm()), index.people(realm(), 'scope'), index.countAll()]).toEqual([
          enrolled.length,
          of('scope').length,
          people.size,
        ]);
        expect((await index.listPeople(realm())).toSorted()).toEqual(enrolled.map(([one]) => one).toSorted());
        for (const model of models) {
          const those = enrolled.flatMap(([subject, { has }]) => (has.includes(model) ? [subject] : []));
          expect(index.peopleWith(realm(), model)).toBe(those.length);
          const drawn = index.drawPeopleWith(realm(), model, 3, () => chance.next().value!);
          expect([new Set(drawn).size, drawn.every((one) => those.includes(one))]).toEqual([
            Math.min(3, those.length),
            true,
          ]);
          expect(index.peopleWithout(realm(), model)).toBe(
            [...people.values()].filter(({ has, anchored }) => !(has.includes(model) && anchored)).length,
          );
        }
        const before = enrolled.filter(([, { has }]) => has.includes('former'));
        const upgraded = before.filter(([, { has, anchored }]) => has.includes('present') && anchored).length;
        expect(await index.upgrades(realm(), { from: ['former'], to: ['present'] })).toEqual({
          upgraded,
          waiting: before.length - upgraded,
        });
      },
    ),
    { numRuns: 200 },
  );
});

test('who is erased while all are listed or counted hides no other person', async () => {
  const all = Array.from({ length: 25_000 }, (_, i) => `sub_${i}` as SubjectId);
  const near = Float32Array.of(1);
  for (const one of all) index.put(realm(), one, [{ embedder: 'former', vectors: [near], anchored: true }]);
  const listing = index.listPeople(realm());
  // One alone is accepted: all are looked through for it.
  const finding = index.search(realm(), 'former', near, 1, (one) => one === 'sub_24991');
  const gone = all.filter((_, i) => i % 7 === 0);
  for (const one of gone) index.erase(realm(), one);
  const listed = new Set(await listing);
  expect(all.filter((one, i) => i % 7 > 0 && !listed.has(one))).toEqual([]);
  expect(await finding).toEqual(['sub_24991']);
});
