import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Engine, operator, scorerR, startEngine } from '../../../test/support/engine.ts';
import { analysisOf, direction, near } from '../../../test/support/faces.ts';
import type { ScorerEntry } from '../../inference/models/manifest.ts';

/** 1e-3 lies at 0.7 for one picture and at 0.8 for the mean of two. */
const scorer: ScorerEntry = {
  ...scorerR,
  calibration: {
    ...scorerR.calibration,
    several: [
      {
        pictures: 2,
        genuine: 1,
        impostors: 1,
        measuredDownTo: 1e-5,
        table: scorerR.calibration.table.map(({ score, fmr, fnmr }) => ({ score: score + 0.1, fmr, fnmr })),
      },
    ],
  },
};

let engine: Engine;
beforeEach(async () => {
  engine = await startEngine({ scorers: [scorer] });
});
afterEach(() => engine.stop());

const realm = () => ({ organization: engine.organization, world: 'test' as const });
const enroll = async (email: string, ...vectors: Float32Array[]) => {
  for (const [i, vector] of vectors.entries())
    await engine.subjects.enroll(
      realm(),
      { email, embeddings: { 'a-net': vector }, quality: 0.9 - i / 100 },
      operator,
    );
};
const verify = (vector: Float32Array, email?: string) => {
  const name = `probe ${vector.slice(0, 4).join()}`;
  const picture = engine.analyzer.show(name, analysisOf(name, { embeddings: { 'a-net': vector } }));
  return engine.checks.verify({
    ...realm(),
    picture,
    actor: operator,
    ...(email === undefined ? {} : { email }),
  });
};
const nearest = (vector: Float32Array) => engine.subjects.nearest(realm(), 'a-net', vector, 1);

const face = direction('alice');
const [one, two] = [near(face, 0.9, 'one'), near(face, 0.9, 'two')];

test('the mean of two pictures decides, by the table of two, in 1:1 and in 1:N', async () => {
  await enroll('alice@example.com', one, two);
  await enroll('bob@example.com', direction('bob'));
  // The face itself is 0.9 from each picture and nearer to their mean.
  for (const email of ['alice@example.com', undefined]) {
    expect(await verify(face, email)).toMatchObject({
      verified: true,
      match: { pictures: 2, threshold: expect.closeTo(0.8, 5), score: expect.closeTo(0.948, 2) },
    });
  }
  // As near to one of the pictures as one picture alone asks for (0.7 at 1e-3), and too far from the mean.
  const alike = near(one, 0.75, 'alike');
  for (const email of ['alice@example.com', undefined])
    expect(await verify(alike, email)).toMatchObject({ verified: false });
});

test('a face that is near one of nine pictures alone is not the person’s', async () => {
  await enroll('alice@example.com', ...Array.from({ length: 9 }, (_, i) => near(face, 0.7, `p${i}`)));
  const worst = near(face, 0.7, 'p8');
  expect(await verify(worst, 'alice@example.com')).toMatchObject({ verified: false });
});

test('the gallery has one row a person and follows an enrollment, an eviction and an erasure at once', async () => {
  const size = () => engine.galleries.size(`${engine.organization}/test/a-net`);
  const [far, middle] = [direction('elsewhere'), near(one, 0.72, 'between')];
  await enroll('alice@example.com', one);
  await enroll('other@example.com', middle);
  const alice = (await engine.subjects.get(realm(), 'alice@example.com')).id;
  const other = (await engine.subjects.get(realm(), 'other@example.com')).id;
  expect(await nearest(near(middle, 0.99, 'x'))).toEqual([other]);
  await engine.subjects.enroll(
    realm(),
    { email: 'alice@example.com', embeddings: { 'a-net': two }, quality: 0.9 },
    operator,
  );
  expect(size()).toBe(2);
  const mean = one.map((value, i) => value + two[i]!);
  const unit = mean.map((value) => value / Math.hypot(...mean));
  const [candidate] = await engine.galleries.search(
    `${engine.organization}/test/a-net`,
    engine.sealer.transformOf(engine.organization).rotate(unit),
    1,
  );
  expect(candidate).toEqual({ template: alice, similarity: expect.closeTo(1, 5) });
  // Ten better ones take the place of the first two.
  for (let i = 0; i < 10; i++) {
    await engine.subjects.enroll(
      realm(),
      { email: 'alice@example.com', embeddings: { 'a-net': near(far, 0.99, `n${i}`) }, quality: 1 },
      operator,
    );
  }
  expect(await nearest(far)).toEqual([alice]);
  expect((await engine.subjects.enrollments(realm(), alice)).length).toBe(10);
  const restarted = engine.openSubjects();
  await restarted.loadGalleries();
  expect(restarted.people(realm())).toBe(2);
  expect(await restarted.nearest(realm(), 'a-net', far, 2)).toEqual([alice, other]);
  await engine.subjects.forget(realm(), alice, async (tx) => {
    await tx.deleteFrom('template').where('subject', '=', alice).execute();
    await tx.deleteFrom('subject').where('id', '=', alice).execute();
  });
  expect(size()).toBe(1);
  expect(await nearest(far)).toEqual([other]);
});

test('pictures of one person that lie on two pages of the start make one row', async () => {
  // Pages are of 1,000 rows: the thousandth and the following one are of one person.
  const rows = 999;
  const sealed = Array.from({ length: rows }, (_, i) => `a${String(i).padStart(4, '0')}@example.com`);
  for (const email of sealed) await enroll(email, direction(email, 16));
  await enroll('last@example.com', direction('x', 16), near(direction('x', 16), 0.9, 'y'));
  const restarted = engine.openSubjects();
  await restarted.loadGalleries();
  expect(restarted.people(realm())).toBe(rows + 1);
  const last = (await engine.subjects.get(realm(), 'last@example.com')).id;
  expect(await restarted.nearest(realm(), 'a-net', direction('x', 16), 1)).toEqual([last]);
  expect(restarted.unreachable()).toBe(0);
});
