import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Engine, operator, scorerR, startEngine } from '../../../../test/support/engine.ts';
import { openErasure } from '../../../../test/support/erasure.ts';
import { analysisOf, direction, near } from '../../../../test/support/faces.ts';
import { crossScores } from '../../../inference/gallery/cross-scores.ts';
import { matchRateForGallery, thresholdForFalseMatchRate } from '../error-rate.ts';
import { forEveryGroup, holdingFor } from '../every-group.ts';
import {
  createGalleryCalibrations,
  type GalleryCalibrations,
  type GalleryCalibrationsDeps,
} from './gallery-calibration.ts';

let engine: Engine;
let calibrations: GalleryCalibrations;
let measured: number;
beforeEach(async () => {
  engine = await startEngine();
  measured = 0;
  calibrations = open();
});
afterEach(() => engine.stop());

const open = (over: Partial<GalleryCalibrationsDeps> = {}) =>
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
const shiftOf = (one = calibrations) => one.of(realm())(scorerR);

test('people who are more alike than the table says raise the threshold, the confidence and what is recorded', async () => {
  // Cosines around 0.64 where the table says that 1 in 100 reaches 0.6.
  await enrollAlike(0, 40, 0.8);
  const [alike] = await calibrations.measure(engine.organization, operator);
  expect(alike).toMatchObject({
    world: 'test',
    scorer: 'r',
    people: 40,
    compared: 40,
    pairs: 780,
    outdated: false,
  });
  const shift = shiftOf();
  expect(alike!.shift).toBe(shift);
  expect(shift).toBeGreaterThan(0.05);
  expect(calibrations.of({ ...realm(), world: 'live' })(scorerR)).toBe(0);

  const raised = engine.openChecks({ shifts: calibrations });
  const person = near(face, 0.8, 'p3');
  const verify = (cosine: number, email?: string, checks = raised) => {
    const name = `probe ${cosine}`;
    const vector = near(person, cosine, name);
    const picture = engine.analyzer.show(name, analysisOf(name, { embeddings: { 'a-net': vector } }));
    return checks.verify({ ...realm(), picture, actor: operator, ...(email === undefined ? {} : { email }) });
  };
  for (const email of ['p3@example.com', undefined]) {
    const rate = email === undefined ? matchRateForGallery(0.01, 40) : 1e-3;
    const { threshold } = thresholdForFalseMatchRate(scorerR.calibration, rate);
    expect(await verify(threshold + shift / 2, email)).toMatchObject({ verified: false });
    const verdict = await verify(threshold + shift, email);
    expect(verdict.match).toMatchObject({ threshold: expect.closeTo(threshold + shift, 5), shift });
    const accepted = await verify(threshold + 0.02 + shift, email);
    expect(accepted).toMatchObject({ verified: true });
    // As sure as where the table holds: the score is lowered by the shift before it is looked up.
    const byTheTable = await verify(threshold + 0.02, email, engine.checks);
    expect(byTheTable).toMatchObject({ verified: true, match: { shift: 0 } });
    expect(accepted.confidence).toBeCloseTo(byTheTable.confidence, 5);
  }
  const stored = await engine.db
    .selectFrom('verification')
    .select(['verified', 'scorer', 'pictures', 'gallery_shift'])
    .execute();
  const byShift = stored.filter(({ gallery_shift }) => gallery_shift !== 0);
  expect([stored.length, byShift.length]).toEqual([8, 6]);
  for (const row of byShift) expect(row).toMatchObject({ scorer: 'r', pictures: 1, gallery_shift: shift });
});

test('people who follow the table change nothing', async () => {
  for (let i = 0; i < 40; i++) await enroll(`p${i}@example.com`, direction(`p${i}`));
  expect(await calibrations.measure(engine.organization, operator)).toMatchObject([
    { scorer: 'r', shift: 0, pairs: 780 },
  ]);
  expect(shiftOf()).toBe(0);
});

test('below 30 people the last shift stays; from 30 on it follows a gallery that has shrunk', async () => {
  await enrollAlike(0, 40, 0.8);
  for (let i = 40; i < 50; i++) await enroll(`p${i}@example.com`, direction(`p${i}`));
  await calibrations.maintain();
  const before = shiftOf();
  expect(before).toBeGreaterThan(0);
  const erasure = await openErasure(engine);
  const leave = async (from: number, to: number) => {
    for (let i = from; i < to; i++)
      await erasure.erase(realm(), `p${i}@example.com`, { reason: 'request', actor: operator });
  };
  // Those who are less alike leave.
  await leave(46, 50);
  await calibrations.maintain();
  expect([measured, shiftOf()]).toEqual([1, before]);
  await leave(40, 46);
  await calibrations.maintain();
  expect(measured).toBe(2);
  const alike = shiftOf();
  expect(alike).not.toBe(before);
  await leave(10, 40);
  await calibrations.maintain();
  await calibrations.measure(engine.organization, operator);
  expect([measured, shiftOf()]).toEqual([2, alike]);
  const restarted = open();
  await restarted.load();
  expect(shiftOf(restarted)).toBe(alike);
  expect(restarted.list(engine.organization)).toMatchObject([{ people: 40, outdated: false }]);
});

test('a gallery is measured from 30 people on, after growing by a tenth, and after a change of models; kept over a restart', async () => {
  await enrollAlike(0, 29, 0.8);
  await calibrations.maintain();
  expect(await calibrations.measure(engine.organization, operator)).toEqual([]);
  await enrollAlike(29, 30, 0.8);
  await calibrations.maintain();
  expect(measured).toBe(1);
  await enrollAlike(30, 32, 0.8);
  await calibrations.maintain();
  expect(measured).toBe(1);
  await enrollAlike(32, 33, 0.8);
  await calibrations.maintain();
  expect(measured).toBe(2);
  const restarted = open();
  expect(shiftOf(restarted)).toBe(0);
  await restarted.load();
  expect(shiftOf(restarted)).toBe(shiftOf());
  expect(shiftOf(restarted)).toBeGreaterThan(0);
  await restarted.maintain();
  expect(measured).toBe(2);
  const other = {
    ...scorerR,
    calibration: { ...scorerR.calibration, table: scorerR.calibration.table.slice(0, 5) },
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

test('people who come and go are noticed where a gallery is to be measured, by what is stored', async () => {
  let due = 0;
  const count = () => {
    due += 1;
  };
  /** As after a power cut: nothing was kept but the rows. */
  const noticed = async () => {
    due = 0;
    const started = open({ due: count });
    await started.load();
    started.noticed(realm());
    return due;
  };
  await enrollAlike(0, 29, 0.8);
  expect(await noticed()).toBe(0);
  await enrollAlike(29, 30, 0.8);
  expect(await noticed()).toBe(1);
  await calibrations.maintain();
  await enrollAlike(30, 32, 0.8);
  expect(await noticed()).toBe(0);
  await enrollAlike(32, 33, 0.8);
  expect(await noticed()).toBe(1);
  const started = open({ due: count });
  await started.load();
  await started.noticeAll();
  expect(due).toBe(2);
  await calibrations.maintain();
  const erasure = await openErasure(engine);
  const leave = (i: number) =>
    erasure.erase(realm(), `p${i}@example.com`, { reason: 'request', actor: operator });
  await leave(0);
  await leave(1);
  expect(await noticed()).toBe(0);
  await leave(2);
  expect(await noticed()).toBe(1);
});

test('a gallery is measured with every table of a scorer, and answers say whether it was', async () => {
  const { calibration } = scorerR;
  const groups = calibration.table.map((point) => ({
    ...point,
    worst: { group: 'one', fmr: Math.min(1, 10 * point.fmr), interval: [0, 1] as [number, number] },
  }));
  const grouped = { ...scorerR, calibration: { ...calibration, table: groups, worstMeasuredDownTo: 1e-4 } };
  await engine.stop();
  engine = await startEngine({ scorers: [grouped] });
  calibrations = open();
  const [scorer] = engine.models.current().scorers;
  const every = forEveryGroup(scorer!);
  const standings = () => calibrations.galleries(engine.organization).filter(({ world }) => world === 'test');
  await enrollAlike(0, 29, 0.8);
  const gallery = { world: 'test', scorer: 'r', people: 29, standing: 'too-few-people' };
  const both = [
    { ...gallery, holdsFor: 'average' },
    { ...gallery, holdsFor: 'every-group' },
  ];
  expect(standings()).toEqual(both);
  await enrollAlike(29, 30, 0.8);
  expect(standings()).toEqual(both.map((one) => ({ ...one, people: 30, standing: 'not-measured' })));
  const search = async () => {
    const picture = engine.analyzer.show('probe', analysisOf('probe', { embeddings: { 'a-net': face } }));
    const verdict = await engine
      .openChecks({ shifts: calibrations })
      .verify({ ...realm(), picture, actor: operator });
    return verdict.identification?.ownGallery;
  };
  expect(await search()).toBe('not-measured');
  await calibrations.maintain();
  expect(standings()).toEqual(both.map((one) => ({ ...one, people: 30, standing: 'measured' })));
  expect(await search()).toBe('measured');
  // Ten times as many pairs as the average says reach each score, and as many as the worst group has.
  expect(calibrations.of(realm())(scorer!)).toBeGreaterThan(calibrations.of(realm())(every));
  // One that others supersede holds a tenth of the rate by the table of the average.
  const [tenth] = holdingFor([{ ...scorer!, supersededBy: 'rm' }], 'every-group');
  expect(tenth).toMatchObject({ share: 0.1 });
  expect(calibrations.of(realm())(tenth!)).toBe(calibrations.of(realm())(scorer!));
  expect(calibrations.calibrationStateOf(realm())(tenth!)).toBe('measured');
  expect(calibrations.list(engine.organization)).toMatchObject([
    { holdsFor: 'average', people: 30 },
    { holdsFor: 'every-group', people: 30 },
  ]);
});

test('people with a template in doubt are listed, and counted with each measurement', async () => {
  // The first number alone says what is no person.
  const rule = { weights: [1, ...new Array(face.length - 1).fill(0)], bias: 0, limit: 0.7, accuracy: [] };
  const plane = (x: number, y: number) => Float32Array.from(face, (_, i) => (i === 0 ? x : i === 1 ? y : 0));
  for (let i = 0; i < 40; i++) await enroll(`p${i}@example.com`, direction(`p${i}`));
  await enroll('statue@example.com', plane(0.8, 0.6));
  await enroll('like-a-statue@example.com', plane(0.6, 0.8));
  const crowd = direction('crowd');
  for (let i = 0; i < 4; i++) await enroll(`crowd${i}@example.com`, near(crowd, 0.9, `crowd${i}`));
  const pair = direction('pair');
  for (let i = 0; i < 3; i++) await enroll(`few${i}@example.com`, near(pair, 0.9, `few${i}`));
  const judging = open({
    models: { current: () => ({ ...engine.models.current(), personRules: { 'a-net': rule } }) },
  });
  const [measured] = await judging.measure(engine.organization, operator);
  const doubts = (await judging.doubtful(realm(), operator)).map(({ email, doubt }) => [email, doubt]);
  expect(doubts.sort()).toEqual([
    ...[0, 1, 2, 3].map((i) => [`crowd${i}@example.com`, 'like-many']),
    ['like-a-statue@example.com', 'like-no-person'],
    ['statue@example.com', 'no-person'],
  ]);
  expect(measured?.doubtful).toBe(6);
  expect(measured!.worstTenth).toBeGreaterThan(measured!.share);
  const listings = await engine.db
    .selectFrom('audit')
    .select('details')
    .where('action', '=', 'subject.list')
    .execute();
  expect(listings.map(({ details }) => JSON.parse(details))).toEqual([
    { world: 'test', people: 6, doubtful: true },
  ]);
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
    crossScores: async ({ people }) => ({
      rising: new Float64Array(people),
      byPair: new Float64Array((people * (people - 1)) / 2),
    }),
    subjects: {
      peopleWith: () => many.length,
      find: engine.subjects.find,
      listPeople: async () => many,
      drawPeopleWith: (_realm, _embedder, most) => many.slice(0, most),
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
