import fc from 'fast-check';
import { afterEach, expect, test } from 'vitest';
import { fullSize } from '../../../../test/attacks/size.ts';
import {
  type Engine,
  measuredByGroups,
  operator,
  scorerR,
  startEngine,
} from '../../../../test/support/engine.ts';
import { analysisOf, direction, type FaceScript, near } from '../../../../test/support/faces.ts';
import {
  builtInProfiles,
  type CheckName,
  type HoldsFor,
  type ProfileDefinition,
} from '../../matching/index.ts';
import type { VerifyCommand } from '../verdict.ts';
import { type Decided, judgeAgain } from './judge-again.ts';

const engines: Engine[] = [];
afterEach(async () => {
  for (const engine of engines.splice(0)) await engine.stop();
});

const alice = direction('alice');
const { definition: builtIn } = builtInProfiles[0]!;

interface Attempt {
  cosine: number;
  script: FaceScript;
  more: Partial<VerifyCommand>;
}

/** What people might send: near and far faces, bad light, photographs, places near and far, and a search. */
const attempts: Attempt[] = [
  { cosine: 0.95, script: { live: 0.99 }, more: { email: 'alice@example.com' } },
  { cosine: 0.83, script: { live: 0.7 }, more: { email: 'alice@example.com' } },
  { cosine: 0.76, script: { live: 0.99 }, more: { email: 'alice@example.com' } },
  { cosine: 0.1, script: { live: 0.99 }, more: { email: 'alice@example.com' } },
  { cosine: 0.9, script: { live: 0.2 }, more: { email: 'alice@example.com' } },
  { cosine: 0.9, script: { live: 0.9, quality: { sharpness: 8 } }, more: { email: 'alice@example.com' } },
  { cosine: 0.9, script: { live: 0.9, quality: { luminance: 0.1 } }, more: { email: 'alice@example.com' } },
  { cosine: 0.9, script: { live: 0.9, quality: { interEyeDistance: 10 } }, more: {} },
  { cosine: 0.9, script: { live: 0.9 }, more: {} },
  { cosine: 0.78, script: { live: 0.9 }, more: {} },
  { cosine: 0.2, script: { live: 0.9 }, more: {} },
  { cosine: 0.9, script: { live: 0.9 }, more: { email: 'unknown@example.com' } },
  {
    cosine: 0.9,
    script: { live: 0.9 },
    more: { email: 'alice@example.com', place: { latitude: 47, longitude: 8, country: 'CH' } },
  },
  {
    cosine: 0.92,
    script: { live: 0.9 },
    more: { email: 'alice@example.com', place: { latitude: 35, longitude: 139, country: 'JP' } },
  },
  {
    cosine: 0.91,
    script: { live: 0.9 },
    more: { email: 'alice@example.com', device: { userAgent: 'Mozilla/5.0', screenWidth: 1280 } },
  },
];

/** Every attempt, one a minute, under a profile of these settings. */
async function decide(definition: ProfileDefinition) {
  const engine = await startEngine({ scorers: [measuredByGroups(scorerR)] });
  engines.push(engine);
  await engine.installPad();
  const realm = { organization: engine.organization, world: 'test' } as const;
  // In the test world attack detection runs where the profile requires it.
  const pad = definition.checks.liveness.enabled ? 'required' : definition.models.pad;
  const models = { ...definition.models, pad };
  await engine.checks.setProfile(engine.organization, 'desk', { ...definition, models }, operator);
  const enrolled = analysisOf('enrolled', { embeddings: { 'a-net': alice, 'b-net': direction('b', 64) } });
  await engine.checks.enroll({
    ...realm,
    picture: engine.analyzer.show('enrolled', enrolled),
    email: 'alice@example.com',
    actor: operator,
  });
  const verified: boolean[] = [];
  for (const [i, { cosine, script, more }] of attempts.entries()) {
    engine.advance(60_000);
    const embeddings = { 'a-net': near(alice, cosine, `probe ${i}`), 'b-net': direction('b', 64) };
    const picture = engine.analyzer.show(`probe ${i}`, analysisOf(`probe ${i}`, { embeddings, ...script }));
    const verdict = await engine.checks
      .verify({ ...realm, picture, profile: 'desk', actor: operator, ...more })
      .catch((error: { code: string }) => ({ verified: false, code: error.code }));
    verified.push(verdict.verified);
  }
  const stored = await engine.db
    .selectFrom('verification')
    .select(['id', 'verified'])
    .orderBy('id')
    .execute();
  // Whatever was thrown: what counts is what is stored, one row for each attempt.
  expect(stored.map((row) => row.verified === 1)).toEqual(verified);
  return { engine, realm, ids: stored.map(({ id }) => id), verified };
}

/** Settings that are tried; all of them in `npm run test:attacks`. */
const RUNS = fullSize ? 40 : 12;
const checked = ['liveness', 'faceQuality', 'embeddingHistory', 'deviceConsistency', 'geoFence'] as const;
const rule = fc.record({
  enabled: fc.constantFrom(true, true, true, false),
  weight: fc.constantFrom(0, 0.5, 2, 6),
  threshold: fc.constantFrom(0, 0.3, 0.5, 0.8, 1),
  hardFail: fc.constantFrom(false, false, true),
});
const definitions = fc
  .record({
    checks: fc.record(
      Object.fromEntries(checked.map((name) => [name, rule])) as Record<CheckName, typeof rule>,
    ),
    minimumComposite: fc.constantFrom(0, 0.25, 0.5, 0.8),
    falseMatchRate: fc.constantFrom(1e-2, 1e-3, 1e-4, 1e-5),
    holdsFor: fc.constantFrom('every-group' as const, 'average' as const),
    falseIdentificationRate: fc.constantFrom(0.05, 0.01, 1e-4),
    refuseQuality: fc.subarray(['sharpness', 'luminanceMean']),
    whenMissing: fc.constantFrom('skip', 'fail', undefined),
    geoFence: fc.constantFrom(undefined, ['CH'], ['JP', 'DE']),
  })
  .map(({ checks, geoFence, whenMissing, falseMatchRate, holdsFor, falseIdentificationRate, ...rest }) => {
    const missing = whenMissing && { whenMissing };
    return {
      ...builtIn,
      ...rest,
      checks: { ...builtIn.checks, ...checks, geoFence: { ...checks.geoFence, ...missing } },
      match: { falseMatchRate, holdsFor, falseIdentificationRate },
      ...(geoFence && { geoFence: { countries: geoFence } }),
    } as ProfileDefinition;
  });

/** Settings, and the same with some changed. */
const changes = fc
  .tuple(
    definitions,
    definitions,
    fc.subarray(['checks', 'minimumComposite', 'match', 'refuseQuality'], { minLength: 1, maxLength: 2 }),
  )
  .map(([used, other, fields]) => {
    const taken = Object.entries(other).filter(([field]) => (fields as string[]).includes(field));
    return [used, { ...used, ...Object.fromEntries(taken) }] as const;
  });

test('a preview of other settings equals what they decide, and marks the rest as unknown', async () => {
  let known = 0;
  let changed = 0;
  await fc.assert(
    fc.asyncProperty(changes, async ([used, next]) => {
      const past = await decide(used);
      const truth = await decide(next);
      const preview = await past.engine.checks.previewProfile(past.realm, {
        slug: 'desk',
        definition: next,
        limit: 1000,
      });
      expect(preview.considered).toBe(attempts.length);
      known += preview.considered - preview.unknown;
      changed += preview.changed.length;
      const byId = new Map(preview.changed.map((one) => [one.verification as string, one]));
      for (const [i, id] of past.ids.entries()) {
        const one = byId.get(id);
        if (one) expect([i, one.wouldVerify]).toEqual([i, truth.verified[i]]);
      }
      const differing = past.verified.filter((verified, i) => verified !== truth.verified[i]).length;
      expect(differing - preview.changed.length).toBeGreaterThanOrEqual(0);
      expect(differing - preview.changed.length).toBeLessThanOrEqual(preview.unknown);
      for (const engine of engines.splice(0)) await engine.stop();
    }),
    { numRuns: RUNS },
  );
  // A preview that knew nothing would pass all of the above.
  expect(changed).toBeGreaterThan(RUNS / 2);
  expect(known).toBeGreaterThan(RUNS * attempts.length * 0.3);
});

test('the settings that decided change nothing, and nothing is unknown', async () => {
  await fc.assert(
    fc.asyncProperty(definitions, async (used) => {
      const { engine, realm } = await decide(used);
      const preview = await engine.checks.previewProfile(realm, {
        slug: 'desk',
        definition: used,
        limit: 1000,
      });
      expect(preview).toMatchObject({ considered: attempts.length, changed: [], unknown: 0, missing: [] });
      for (const one of engines.splice(0)) await one.stop();
    }),
    { numRuns: RUNS / 2 },
  );
});

test('a comparison by rates of the average is not judged by those of every group, nor the other way round', () => {
  const used = (holdsFor: HoldsFor): ProfileDefinition => ({
    ...builtIn,
    match: { ...builtIn.match, holdsFor },
  });
  const decided: Decided = {
    kind: '1:1',
    verified: true,
    outcome: 'VERIFIED',
    confidence: 0.99,
    checks: [],
    matched: true,
    scorer: 'r',
  };
  const matchOf = (was: HoldsFor, next: HoldsFor) => {
    const judgement = judgeAgain(decided, used(was), used(next));
    return judgement.is === 'unknown' && judgement.missing.find(({ what }) => what === 'match')?.why;
  };
  expect(matchOf('average', 'every-group')).toBe('other-rates');
  expect(matchOf('every-group', 'average')).toBe('other-rates');
  expect(matchOf('every-group', 'every-group')).toBeUndefined();
  const none: Decided = { ...decided, verified: false, matched: false, outcome: 'NOT_RECOGNIZED' };
  delete none.scorer;
  expect(judgeAgain(none, used('average'), used('every-group'))).toEqual({ is: 'refused', by: ['match'] });
});
