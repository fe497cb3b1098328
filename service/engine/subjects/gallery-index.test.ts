import { afterEach, beforeEach, expect, test } from 'vitest';
import { direction } from '../../../test/support/faces.ts';
import { createGalleries } from '../../inference/gallery/galleries.ts';
import type { OrganizationId, SubjectId, World } from '../../lib/id.ts';
import { silentLog } from '../../lib/log.ts';
import { createGalleryIndex, type GalleryIndex } from './gallery-index.ts';

const [ada, bob] = ['sub_ada', 'sub_bob'] as [SubjectId, SubjectId];
const realm = (name = 'one', world: World = 'live') => ({
  organization: `org_${name}` as OrganizationId,
  world,
});
let embedder: string;
let galleries: ReturnType<typeof createGalleries>;
let index: GalleryIndex;
beforeEach(() => {
  embedder = 'former';
  galleries = createGalleries({ log: silentLog });
  const unrotated = { generation: 1, rotate: (vector: Float32Array) => vector };
  index = createGalleryIndex(
    galleries,
    () => embedder,
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

test('an erased person leaves the galleries of former embedders too, and no other person does', async () => {
  for (const model of ['former', 'present']) {
    embedder = model;
    for (const subject of [ada, bob]) index.put(realm(), subject, [direction(subject)]);
    // Another organization whose name begins like the first one's, and the other world.
    for (const other of [realm('one1'), realm('one', 'test')]) index.put(other, ada, [direction('ada')]);
  }
  index.erase(realm(), ada);
  for (const model of ['former', 'present']) {
    embedder = model;
    expect(await found(model)).toEqual([bob]);
    expect([index.people(realm()), await index.search(realm(), direction('ada'), 10)]).toEqual([1, [bob]]);
    for (const other of [realm('one1'), realm('one', 'test')])
      expect(await found(model, other)).toEqual([ada]);
  }
});

test('who is erased or put in while galleries are filled stays as that left them', async () => {
  index.put(realm(), ada, [direction('former row')]);
  const stored: [SubjectId, string][] = [
    [ada, 'ada'],
    [bob, 'bob'],
  ];
  await index.fill(async (put) => {
    expect(index.people(realm())).toBe(0);
    index.erase(realm(), ada);
    index.put(realm(), bob, [direction('newer')]);
    for (const [subject, face] of stored) put(realm(), subject, [direction(face)]);
  });
  expect(await found('former')).toEqual([bob]);
  const [nearest] = await galleries.search('org_one/live/former', direction('newer'), 1);
  expect(nearest?.similarity).toBeCloseTo(1);
});
