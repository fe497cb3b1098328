import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Engine, operator, scorerA, startEngine } from '../../../test/support/engine.ts';
import { openErasure } from '../../../test/support/erasure.ts';
import { analysisOf, direction, near } from '../../../test/support/faces.ts';
import { crossScores } from '../../inference/gallery/cross-scores.ts';
import { createGalleryCalibrations, type GalleryCalibrations } from './index.ts';

let engine: Engine;
let calibrations: GalleryCalibrations;
let measured: number;
beforeEach(async () => {
  engine = await startEngine();
  measured = 0;
  calibrations = open();
});
afterEach(() => engine.stop());

const open = (over: { random?: () => number } = {}) =>
  createGalleryCalibrations({
    ...engine,
    ...over,
    crossScores: async (request) => {
      measured += 1;
      return crossScores(request);
    },
  });
const realm = () => ({ organization: engine.organization, world: 'test' as const });
const face = direction('all of them');
/** People who are all this near to one face, and so the square of it to one another. */
const enrollAlike = async (from: number, to: number, cosine: number) => {
  for (let i = from; i < to; i++) await enroll(`p${i}@example.com`, near(face, cosine, `p${i}`));
};
const enroll = (email: string, vector: Float32Array, audit: Record<string, unknown> = {}) =>
  engine.subjects.enroll(realm(), { email, embeddings: { 'a-net': vector }, quality: 0.9, audit }, operator);
const shiftOf = (one = calibrations) => one.of(realm())(scorerA);

test('people who are more alike than the table says raise the threshold, the confidence and what is recorded', async () => {
  // Cosines around 0.64 where the table says that 1 in 100 reaches 0.6.
  await enrollAlike(0, 40, 0.8);
  const [alike] = await calibrations.measure(engine.organization, operator);
  expect(alike).toMatchObject({
    world: 'test',
    scorer: 'a',
    people: 40,
    compared: 40,
    pairs: 780,
    outdated: false,
  });
  const shift = shiftOf();
  expect(alike!.shift).toBe(shift);
  expect(shift).toBeGreaterThan(0.05);
  expect(calibrations.of({ ...realm(), world: 'live' })(scorerA)).toBe(0);

  const raised = engine.openChecks({ shifts: calibrations });
  const person = near(face, 0.8, 'p3');
  const verify = (cosine: number, email?: string, checks = raised) => {
    const name = `probe ${cosine}`;
    const vector = near(person, cosine, name);
    const picture = engine.analyzer.show(name, analysisOf(name, { embeddings: { 'a-net': vector } }));
    return checks.verify({ ...realm(), picture, actor: operator, ...(email === undefined ? {} : { email }) });
  };
  for (const email of ['p3@example.com', undefined]) {
    expect(await verify(0.8 + shift / 2, email)).toMatchObject({ verified: false });
    const verdict = await verify(0.8 + shift, email);
    expect(verdict.match).toMatchObject({ threshold: expect.closeTo(0.8 + shift, 5), shift });
    const accepted = await verify(0.82 + shift, email);
    expect(accepted).toMatchObject({ verified: true });
    // As sure as where the table holds: the score is lowered by the shift before it is looked up.
    const byTheTable = await verify(0.82, email, engine.checks);
    expect(byTheTable).toMatchObject({ verified: true, match: { shift: 0 } });
    expect(accepted.confidence).toBeCloseTo(byTheTable.confidence, 5);
  }
  const stored = await engine.db
    .selectFrom('verification')
    .select(['verified', 'scorer', 'pictures', 'gallery_shift'])
    .execute();
  const byShift = stored.filter(({ gallery_shift }) => gallery_shift !== 0);
  expect([stored.length, byShift.length]).toEqual([8, 6]);
  for (const row of byShift) expect(row).toMatchObject({ scorer: 'a', pictures: 1, gallery_shift: shift });
});

test('people who follow the table change nothing', async () => {
  for (let i = 0; i < 40; i++) await enroll(`p${i}@example.com`, direction(`p${i}`));
  expect(await calibrations.measure(engine.organization, operator)).toMatchObject([
    { scorer: 'a', shift: 0, pairs: 780 },
  ]);
  expect(shiftOf()).toBe(0);
});

test('below 30 people the last shift stays; from 30 on it follows a gallery that has shrunk', async () => {
  await enrollAlike(0, 40, 0.8);
  for (let i = 40; i < 50; i++) await enroll(`p${i}@example.com`, direction(`p${i}`));
  await calibrations.tend();
  const before = shiftOf();
  expect(before).toBeGreaterThan(0);
  const erasure = await openErasure(engine);
  const leave = async (from: number, to: number) => {
    for (let i = from; i < to; i++)
      await erasure.erase(realm(), `p${i}@example.com`, { reason: 'request', actor: operator });
  };
  // Those who are less alike leave.
  await leave(46, 50);
  await calibrations.tend();
  expect([measured, shiftOf()]).toEqual([1, before]);
  await leave(40, 46);
  await calibrations.tend();
  expect(measured).toBe(2);
  const alike = shiftOf();
  expect(alike).not.toBe(before);
  await leave(10, 40);
  await calibrations.tend();
  await calibrations.measure(engine.organization, operator);
  expect([measured, shiftOf()]).toEqual([2, alike]);
  const restarted = open();
  await restarted.load();
  expect(shiftOf(restarted)).toBe(alike);
  expect(restarted.list(engine.organization)).toMatchObject([{ people: 40, outdated: false }]);
});

test('a gallery is measured from 30 people on, after growing by a tenth, and after a change of models; kept over a restart', async () => {
  await enrollAlike(0, 29, 0.8);
  await calibrations.tend();
  expect(await calibrations.measure(engine.organization, operator)).toEqual([]);
  await enrollAlike(29, 30, 0.8);
  await calibrations.tend();
  expect(measured).toBe(1);
  await enrollAlike(30, 32, 0.8);
  await calibrations.tend();
  expect(measured).toBe(1);
  await enrollAlike(32, 33, 0.8);
  await calibrations.tend();
  expect(measured).toBe(2);
  const restarted = open();
  expect(shiftOf(restarted)).toBe(0);
  await restarted.load();
  expect(shiftOf(restarted)).toBe(shiftOf());
  expect(shiftOf(restarted)).toBeGreaterThan(0);
  await restarted.tend();
  expect(measured).toBe(2);
  const other = {
    ...scorerA,
    calibration: { ...scorerA.calibration, table: scorerA.calibration.table.slice(0, 5) },
  };
  expect(restarted.of(realm())(other)).toBe(0);
  expect(
    (
      await engine.db
        .selectFrom('audit')
        .select('details')
        .where('action', '=', 'organization.calibrate')
        .execute()
    ).length,
  ).toBe(2);
});

test('pairs that an enrollment found alike, and one photograph under two addresses, are left out', async () => {
  for (let i = 0; i < 40; i++) await enroll(`p${i}@example.com`, direction(`p${i}`));
  for (let i = 0; i < 5; i++) {
    const { id } = await engine.subjects.get(realm(), `p${i}@example.com`);
    await enroll(`again${i}@example.com`, near(direction(`p${i}`), 0.9, 'again'), { duplicateOf: id });
    await enroll(`copy${i}@example.com`, direction(`p${i}`));
  }
  const [one] = await calibrations.measure(engine.organization, operator);
  // The five copies are as near to the second pictures, which nothing has marked.
  expect(one).toMatchObject({ compared: 50, pairs: (50 * 49) / 2 - 10, shift: 0 });
});

test('of several pictures the best one counts, and more than 2,000 people are sampled', async () => {
  await enrollAlike(0, 30, 0.8);
  for (let i = 0; i < 30; i++)
    await engine.subjects.enroll(
      realm(),
      { email: `p${i}@example.com`, embeddings: { 'a-net': face }, quality: 0.1 },
      operator,
    );
  const [one] = await calibrations.measure(engine.organization, operator);
  expect(one).toMatchObject({ people: 30, compared: 30, pairs: 435 });
  const many = Array.from({ length: 2_500 }, (_, i) => `sub_${i}` as never);
  const asked: unknown[] = [];
  const sampled = createGalleryCalibrations({
    ...engine,
    random: () => 0.5,
    crossScores: async ({ people }) => new Float64Array(people),
    subjects: {
      people: () => many.length,
      listPeople: () => many,
      distinctFrom: async () => [],
      enrollmentsOf: async (_, people) => {
        asked.push(...people);
        return new Map(
          people.map((subject) => [
            subject,
            [
              {
                id: 'e',
                anchor: true,
                subject,
                quality: 1,
                createdAt: 0,
                templates: [{ id: 't' as never, embedder: 'a-net', vector: face }],
              },
            ],
          ]),
        );
      },
    },
  });
  expect((await sampled.measure(engine.organization, operator)).at(-1)).toMatchObject({
    people: 2_500,
    compared: 2_000,
  });
  // Both worlds were looked at.
  expect(new Set(asked).size).toBeLessThan(2_500);
  expect(asked).toHaveLength(4_000);
});
