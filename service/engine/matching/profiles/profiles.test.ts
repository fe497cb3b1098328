import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Engine, operator, startEngine } from '../../../../test/support/engine.ts';
import { asWrittenByService } from '../../../../test/support/integrity.ts';
import {
  applyRule,
  type CheckName,
  checkNames,
  composite,
  hardFailures,
} from '../checks/registered-checks.ts';
import { builtInProfiles } from './built-in-profiles.ts';
import { ProfileDefinition } from './profile.ts';

let engine: Engine;
beforeEach(async () => {
  engine = await startEngine();
});
afterEach(() => engine.stop());

const definition = () => structuredClone(builtInProfiles[0]!.definition);
const get = (idOrSlug: string) => engine.checks.getProfile(engine.organization, idOrSlug);

test('the built-in profiles are valid and named as promised', () => {
  expect(builtInProfiles.map(({ slug, definition: { maturity } }) => [slug, maturity])).toEqual([
    ['default', 'proven'],
    ['strict-finance', 'proven'],
    ['high-security', 'proven'],
    ['specter', 'proven'],
    ['phantom', 'alternate'],
    ['argus', 'experimental'],
    ['fortress', 'experimental'],
  ]);
  for (const profile of builtInProfiles)
    expect(ProfileDefinition.parse(profile.definition)).toEqual(profile.definition);
});

test('the error rates are those of the issue; all profiles fail hard on liveness, default and specter at 0.5 of the live score', () => {
  const strict = new Set(['strict-finance', 'high-security', 'fortress']);
  for (const {
    slug,
    definition: { match, checks, refuseQuality, models },
  } of builtInProfiles) {
    expect(match).toEqual({
      falseMatchRate: strict.has(slug) ? 1e-4 : 1e-3,
      falseIdentificationRate: strict.has(slug) ? 0.001 : 0.01,
      holdsFor: 'every-group',
    });
    expect(checks.liveness).toMatchObject({ enabled: true, hardFail: true, threshold: 0.5 });
    const lenient = slug === 'default' || slug === 'specter';
    expect(models.livenessScale ?? 'apcer5').toBe(lenient ? 'live' : 'apcer5');
    if (strict.has(slug)) expect(models.pad).toBe('required');
    expect(refuseQuality.length > 0).toBe(strict.has(slug) || slug === 'argus');
  }
});

test('spliced frames fail hard in every built-in profile', () => {
  for (const { definition } of builtInProfiles)
    expect(definition.checks.frameConsistency.hardFail).toBe(true);
});

describe.each(['default', 'specter', 'phantom', 'argus'])('%s weighs liveness above all', (slug) => {
  const { checks, minimumComposite } = builtInProfiles.find((profile) => profile.slug === slug)!.definition;
  const verifies = (scores: Partial<Record<CheckName, number>>) => {
    const results = checkNames.map((name) => {
      const score = scores[name];
      return applyRule(name, checks[name], score === undefined ? { skipped: 'not given' } : { score });
    });
    return hardFailures(checks, results).length === 0 && composite(results) >= minimumComposite;
  };
  const others = checkNames.filter((name) => name !== 'liveness');

  test('without liveness no verification succeeds, however good all other checks are', () => {
    fc.assert(
      fc.property(fc.subarray(others), (given) => {
        expect(verifies({ liveness: 0, ...Object.fromEntries(given.map((name) => [name, 1])) })).toBe(false);
      }),
    );
    expect(verifies({ liveness: 0, ...Object.fromEntries(others.map((name) => [name, 1])) })).toBe(false);
  });

  test.each<[string, Partial<Record<CheckName, number>>, boolean]>([
    ['liveness at the strict threshold, ordinary quality', { liveness: 0.5, faceQuality: 0.6 }, true],
    ['an ordinary picture without PAD', { faceQuality: 0.6 }, true],
    ['a stolen picture of the best quality', { liveness: 0.05, faceQuality: 1, deviceConsistency: 1 }, false],
    ['a live person far away', { liveness: 0.9, impossibleTravel: 0, faceQuality: 0.6 }, true],
    ['the same without PAD', { impossibleTravel: 0, faceQuality: 0.9 }, true],
    ['a live person with spliced frames', { liveness: 1, frameConsistency: 0, faceQuality: 1 }, false],
  ])('%s: %j verified is %s', (_, scores, verified) => {
    expect(verifies(scores)).toBe(verified);
  });

  test('impossible travel lowers the composite and fails nothing else', () => {
    const at = (score: number) =>
      composite([
        applyRule('liveness', checks.liveness, { score: 0.9 }),
        applyRule('impossibleTravel', checks.impossibleTravel, { score }),
      ]);
    expect(at(0)).toBeLessThan(at(1));
    expect(checks.impossibleTravel.hardFail).toBe(false);
  });
});

test('a profile is found by id and slug; an own one goes before the built-in one of its name', async () => {
  expect(await get('builtin:default')).toEqual(builtInProfiles[0]);
  expect(await get('default')).toEqual(builtInProfiles[0]);
  const own = await engine.checks.setProfile(
    engine.organization,
    'default',
    { ...definition(), minimumComposite: 0.9 },
    operator,
  );
  expect(own).toMatchObject({
    id: expect.stringMatching(/^prof_/),
    slug: 'default',
    version: 1,
    builtIn: false,
  });
  expect(await get('default')).toEqual(own);
  expect(await get('builtin:default')).toEqual(builtInProfiles[0]);
  const listed = await engine.checks.pageProfiles(engine.organization, { limit: 100 });
  expect(listed.filter(({ slug }) => slug === 'default')).toEqual([own]);
  expect(listed).toHaveLength(builtInProfiles.length);
});

test('an own profile is custom, whatever it was copied from and however it was stored before', async () => {
  const written = await engine.checks.setProfile(engine.organization, 'desk', definition(), operator);
  expect([definition().maturity, written.definition.maturity]).toEqual(['proven', 'custom']);
  const stored = JSON.stringify(definition());
  await engine.db.updateTable('profile').set({ definition: stored }).execute();
  await asWrittenByService(engine, 'profile');
  expect((await get('desk')).definition).toEqual({ ...definition(), maturity: 'custom' });
  expect((await get('default')).definition.maturity).toBe('proven');
});

test('each change is a version; every version’s id leads to the newest', async () => {
  const first = await engine.checks.setProfile(engine.organization, 'desk', definition(), operator);
  const second = await engine.checks.setProfile(
    engine.organization,
    'desk',
    { ...definition(), name: 'Desk' },
    operator,
  );
  expect([first.version, second.version]).toEqual([1, 2]);
  expect(await get(first.id)).toEqual(second);
  expect(await engine.db.selectFrom('profile').select('version').orderBy('version').execute()).toHaveLength(
    2,
  );
  const lines = await engine.db
    .selectFrom('audit')
    .selectAll()
    .where('action', '=', 'profile.set')
    .orderBy('id')
    .execute();
  expect(lines.map(({ details }) => JSON.parse(details))).toEqual([
    { slug: 'desk', version: 1 },
    { slug: 'desk', version: 2 },
  ]);
});

test('a reset puts the own versions away: the built-in holds again, and the next own version counts on', async () => {
  const first = await engine.checks.setProfile(engine.organization, 'default', definition(), operator);
  await engine.checks.setProfile(engine.organization, 'desk', definition(), operator);
  expect(await engine.checks.resetProfile(engine.organization, 'default', operator)).toEqual(
    builtInProfiles[0],
  );
  expect(await get('default')).toEqual(builtInProfiles[0]);
  expect(await get(first.id)).toEqual(builtInProfiles[0]);
  expect(await engine.checks.resetProfile(engine.organization, 'desk', operator)).toBeUndefined();
  await expect(get('desk')).rejects.toMatchObject({ code: 'PROFILE_NOT_FOUND' });
  expect(await engine.checks.pageProfiles(engine.organization, { limit: 100 })).toEqual(builtInProfiles);
  await expect(engine.checks.resetProfile(engine.organization, 'default', operator)).rejects.toMatchObject({
    code: 'PROFILE_NOT_FOUND',
  });
  const second = await engine.checks.setProfile(engine.organization, 'default', definition(), operator);
  expect(second.version).toBe(2);
  expect(await get('default')).toEqual(second);
  const lines = await engine.db
    .selectFrom('audit')
    .selectAll()
    .where('action', '=', 'profile.reset')
    .execute();
  expect(lines.map(({ details }) => JSON.parse(details))).toEqual([
    { slug: 'default', versions: 1 },
    { slug: 'desk', versions: 1 },
  ]);
});

test('ten changes at once make ten versions', async () => {
  await Promise.all(
    Array.from({ length: 10 }, () =>
      engine.checks.setProfile(engine.organization, 'desk', definition(), operator),
    ),
  );
  expect((await get('desk')).version).toBe(10);
});

test('another organization sees none of it', async () => {
  const other = (await engine.organizations.create({ name: 'Other' }, operator)).id;
  const own = await engine.checks.setProfile(engine.organization, 'desk', definition(), operator);
  for (const name of ['desk', own.id])
    await expect(engine.checks.getProfile(other, name)).rejects.toMatchObject({ code: 'PROFILE_NOT_FOUND' });
  expect(await engine.checks.pageProfiles(other, { limit: 100 })).toEqual(builtInProfiles);
});

test.each<[string, string, (valid: ProfileDefinition) => unknown, string]>([
  ['a slug with spaces', 'my desk', (valid) => valid, 'slug'],
  [
    'a rate beyond what may be asked',
    'desk',
    (valid) => ({ ...valid, match: { ...valid.match, falseMatchRate: 0.5 } }),
    'match.falseMatchRate',
  ],
  [
    'a missing check',
    'desk',
    (valid) => ({ ...valid, checks: { liveness: valid.checks.liveness } }),
    'checks.frameConsistency',
  ],
  ['an unknown field', 'desk', (valid) => ({ ...valid, colour: 'red' }), ''],
  [
    'an unknown time zone',
    'desk',
    (valid) => ({ ...valid, timeRestriction: { days: [1], from: '08:00', to: '18:00', timeZone: 'Mars' } }),
    'timeRestriction.timeZone',
  ],
  [
    'an unknown quality component',
    'desk',
    (valid) => ({ ...valid, refuseQuality: ['beauty'] }),
    'refuseQuality.0',
  ],
  [
    'a challenge without a turn',
    'desk',
    (valid) => ({ ...valid, challenge: { steps: ['blink', 'look-up'], count: 2 } }),
    'challenge.steps',
  ],
  [
    'a step that does not exist',
    'desk',
    (valid) => ({ ...valid, challenge: { steps: ['turn-left', 'jump'], count: 2 } }),
    'challenge.steps.1',
  ],
  [
    'a person who decides about the cameras of sessions that kiosks do not begin',
    'desk',
    (valid) => ({
      ...valid,
      capture: 'kiosk',
      challenge: { steps: ['turn-left', 'blink'], count: 2, suspectCamera: 'review' },
    }),
    'challenge.suspectCamera',
  ],
])('%s is refused by name', async (_, slug, change, path) => {
  const attempt = engine.checks.setProfile(
    engine.organization,
    slug,
    change(definition()) as ProfileDefinition,
    operator,
  );
  await expect(attempt).rejects.toMatchObject({
    code: 'INVALID_REQUEST',
    extra: { details: expect.arrayContaining([expect.objectContaining({ path })]) },
  });
  expect(await engine.db.selectFrom('profile').selectAll().execute()).toEqual([]);
});

test('a page goes on after the one before: built-in ones that were not replaced, then its own by slug', async () => {
  for (const slug of ['zoo', 'default', 'desk'])
    await engine.checks.setProfile(engine.organization, slug, definition(), operator);
  const other = (await engine.organizations.create({ name: 'Other' }, operator)).id;
  await engine.checks.setProfile(other, 'elsewhere', definition(), operator);
  const whole = await engine.checks.pageProfiles(engine.organization, { limit: 100 });
  const builtIn = builtInProfiles.filter(({ slug }) => slug !== 'default').map(({ slug }) => slug);
  expect(whole.map(({ slug }) => slug)).toEqual([...builtIn, 'default', 'desk', 'zoo']);
  for (const limit of [1, 2, builtIn.length, builtIn.length + 1]) {
    const found: typeof whole = [];
    for (let after: string | undefined; found.length < whole.length; ) {
      const page = await engine.checks.pageProfiles(engine.organization, {
        limit,
        ...(after !== undefined && { after }),
      });
      expect(page.length).toBe(Math.min(limit, whole.length - found.length));
      found.push(...page);
      const last = page.at(-1)!;
      after = last.builtIn ? last.id : last.slug;
    }
    expect(found).toEqual(whole);
  }
});
