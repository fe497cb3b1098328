import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  type Engine,
  measuredByGroups,
  operator,
  scorerR,
  startEngine,
} from '../../../test/support/engine.ts';
import { direction } from '../../../test/support/faces.ts';
import { verifyWith } from '../../../test/support/verify-alice.ts';
import { builtInProfiles, type Profile, type ProfileDefinition } from '../matching/index.ts';

let engine: Engine;
afterEach(() => engine.stop());
const { show, enrollAlice, enrollOthers, verify, stored } = verifyWith(() => engine);

const [profile] = builtInProfiles;
const email = 'alice@example.com';
const realm = () => ({ organization: engine.organization, world: 'test' as const });
const rates = () => engine.checks.ratesHoldFor(engine.organization, profile!);

test('a profile for every group is answered by the table of the worst group, one for the average by the other', async () => {
  engine = await startEngine({ scorers: [measuredByGroups(scorerR)] });
  await enrollAlice();
  const { match, ...definition } = structuredClone(profile!.definition);
  const average = { ...definition, match: { ...match, holdsFor: 'average' as const } };
  await engine.checks.setProfile(engine.organization, 'average', average, operator);
  const everyGroup = {
    fmr: 1e-3,
    holdsFor: 'every-group',
    threshold: expect.closeTo(0.7 + Math.log10(5) / 10, 9),
  };
  const overAll = { fmr: 1e-3, holdsFor: 'average', threshold: expect.closeTo(0.7, 9) };
  // A mismatch says it too: it is a property of the threshold.
  for (const cosine of [0.9, 0.1]) {
    const by = (slug: string) => verify(show(`at ${cosine} by ${slug}`, cosine), { email, profile: slug });
    expect((await by('default')).match).toMatchObject(everyGroup);
    expect((await by('average')).match).toMatchObject(overAll);
  }
  expect(await verify(show('searched', 0.9))).toMatchObject({
    match: { holdsFor: 'every-group' },
    identification: { gallerySize: 1, matchRate: 1e-3, holdsFor: 'every-group' },
  });
  expect((await stored()).map(({ holds_for, scorer }) => [holds_for, scorer])).toEqual([
    ['every-group', 'r'],
    ['average', 'r'],
    ['every-group', 'r'],
    ['average', 'r'],
    ['every-group', 'r'],
  ]);
  expect(rates()).toEqual({ holdsFor: 'every-group', notByGroups: [] });
});

test('what is kept says it later; where nothing was compared, and in rows of earlier releases, nothing is claimed', async () => {
  engine = await startEngine({ scorers: [measuredByGroups(scorerR)] });
  const { subject } = await enrollAlice();
  const unknown = await verify(show('unknown', 0.9), { email: 'unknown@example.com' });
  const known = await verify(show('known', 0.9), { email });
  const past = async () =>
    Promise.all(
      [unknown, known].map(async ({ verification }) => {
        const one = await engine.pastVerifications.get(realm(), verification, operator);
        return [one.match?.scorer, one.holdsFor];
      }),
    );
  expect(await past()).toEqual([
    [undefined, undefined],
    ['r', 'every-group'],
  ]);
  const listed = await engine.pastVerifications.page(realm(), { limit: 9, person: subject }, operator);
  expect(listed.items.map(({ holdsFor }) => holdsFor)).toEqual(['every-group']);
  await engine.db.updateTable('verification').set({ holds_for: null }).execute();
  expect(await past()).toEqual([
    [undefined, undefined],
    ['r', 'average'],
  ]);
});

test('a scorer that was not measured by groups is answered as the average', async () => {
  engine = await startEngine({ scorers: [scorerR] });
  await enrollAlice();
  expect(rates()).toEqual({ holdsFor: 'average', notByGroups: ['r'] });
  expect(await verify(show('new', 0.95))).toMatchObject({
    match: { fmr: 1e-3, holdsFor: 'average' },
    identification: { holdsFor: 'average' },
  });
});

describe('a superseded scorer beside the one that supersedes it', () => {
  const former = measuredByGroups({ ...scorerR, id: 'a', name: 'Former', supersededBy: 'r' });
  const present = measuredByGroups({ ...scorerR, terms: [{ model: 'b-net', weight: 1, offset: 0 }] });
  const former1e4 = { scorer: 'a', holdsFor: 'average', fmr: 1e-4, threshold: expect.closeTo(0.8, 9) };

  beforeEach(async () => {
    engine = await startEngine({ scorers: [former, present] });
    await engine.models.enable('b-net', { acceptLicenceDoubt: true }, operator);
  });
  const enrollFormer = () => engine.subjects.enroll(realm(), onlyFormer, operator);
  const onlyFormer = { email, embeddings: { 'a-net': direction('alice') }, quality: 1 };
  const setProfile = (slug: string, change: (definition: ProfileDefinition) => void) => {
    const definition = structuredClone(profile!.definition);
    change(definition);
    return engine.checks.setProfile(engine.organization, slug, definition, operator);
  };

  test('is out of use where no person needs it', async () => {
    await enrollAlice();
    expect(rates()).toEqual({ holdsFor: 'every-group', notByGroups: [] });
  });

  test('holds a tenth of the rate for every group, on average, and the answer says that rate', async () => {
    await enrollFormer();
    await enrollOthers(1);
    expect(rates()).toEqual({
      holdsFor: 'every-group',
      notByGroups: [],
      superseded: { scorers: ['Former'], falseMatchRate: 1e-4, falseIdentificationRate: 1e-3 },
    });
    for (const asked of [{ email }, {}]) {
      const [just, notQuite] = [0.801, 0.799].map((cosine) =>
        show(`at ${cosine} ${JSON.stringify(asked)}`, cosine),
      );
      expect(await verify(just!, asked)).toMatchObject({
        verified: true,
        match: former1e4,
        confidence: expect.closeTo(0.5, 1),
      });
      expect((await verify(notQuite!, asked)).verified).toBe(false);
    }
    const searched = await verify(show('searched', 0.95), {});
    expect(searched.identification).toMatchObject({
      gallerySize: 2,
      galleryRate: 0.01,
      holdsFor: 'average',
      matchRate: 1e-4,
      threshold: searched.match.threshold,
    });
    // A mismatch is answered by the current scorer, for any person, at the profile's rate.
    const refused = await verify(show('refused', 0.1), {});
    expect([refused.match, refused.identification]).toMatchObject([
      { scorer: 'r', fmr: 1e-3, holdsFor: 'every-group' },
      { matchRate: 1e-3 },
    ]);
    const last = (await stored()).at(-1);
    expect([last?.scorer, last?.holds_for]).toEqual(['a', 'average']);
  });

  test('holds the tenth where the current one is off, and the curves say which rate that is', async () => {
    await enrollFormer();
    await engine.models.disable('b-net', operator);
    expect(await verify(show('alone', 0.801), { email })).toMatchObject({ verified: true, match: former1e4 });
    expect(rates()).toMatchObject({ holdsFor: 'average', superseded: { falseMatchRate: 1e-4 } });
    const { curves, ...calibration } = await engine.checks.calibrationOf(realm(), 'default', { rate: 1e-4 });
    expect(calibration).toMatchObject({
      scorer: { id: 'a' },
      holdsFor: 'average',
      falseMatchRate: 1e-4,
      falseIdentificationRate: expect.closeTo(1e-3, 12),
    });
    expect(curves[0]!.measuredDownTo).toBe(1e-5);
    expect(curves[0]!.steps).toContainEqual(
      expect.objectContaining({ fmr: 1e-4, threshold: expect.closeTo(0.8, 9) }),
    );
  });

  test('compares until the end of the last day that a profile names, in UTC', async () => {
    await enrollFormer();
    const day = 86_400_000;
    const midnight = engine.clock.now() + day - (engine.clock.now() % day);
    await setProfile('until', ({ models }) => {
      models.supersededUntil = new Date(midnight - 1).toISOString().slice(0, 10);
    });
    const by = (name: string) => verify(show(name, 0.95), { email, profile: 'until' });
    engine.advance(midnight - 1 - engine.clock.now());
    expect(await by('just before')).toMatchObject({ verified: true, match: { scorer: 'a' } });
    engine.advance(1);
    expect(await by('at midnight')).toMatchObject({ verified: false, match: { scorer: 'r', fmr: 1e-3 } });
    await engine.models.disable('b-net', operator);
    expect(await by('alone')).toMatchObject({ verified: true, match: { scorer: 'a' } });
  });

  test('holds the stated rate of a profile for the average, and of one that chooses it', async () => {
    await enrollFormer();
    await setProfile('average', ({ match }) => {
      match.holdsFor = 'average';
    });
    await setProfile('public-domain', ({ models }) => {
      models.scorer = 'a';
    });
    const by = async (slug: string) =>
      (await verify(show(`by ${slug}`, 0.9), { email, profile: slug })).match;
    expect(await by('average')).toMatchObject({ scorer: 'a', fmr: 1e-3, holdsFor: 'average' });
    expect(await by('public-domain')).toMatchObject({ scorer: 'a', fmr: 1e-3, holdsFor: 'every-group' });
  });
});

test('the safe gallery of a profile is that of the tables by which it compares, on average', async () => {
  engine = await startEngine({ scorers: [measuredByGroups(scorerR)] });
  const safe = (one: Profile) => engine.checks.safeGallery(one, [realm()]);
  // The worst group was measured down to 1 in 20,000 only, which 201 people reach.
  expect(safe(profile!)).toEqual({ rate: 0.01, holdsFor: 'average', people: 1005 });
  const named = { ...profile!.definition, models: { ...profile!.definition.models, scorer: 'a' as const } };
  expect(safe({ ...profile!, definition: named })).toMatchObject({ people: 0 });
});
