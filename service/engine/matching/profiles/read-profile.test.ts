import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Engine, key, operator, startEngine } from '../../../../test/support/engine.ts';
import { analysisOf, direction } from '../../../../test/support/faces.ts';
import { withMac } from '../../../storage/keys/protected-tables.ts';
import { createProfiles } from './profiles.ts';

/** The JSON of a row that release 0.1.1 wrote with `profile set desk`. */
const rowOfRelease011 =
  '{"name":"Desk","maturity":"custom","description":"For the front desk.","checks":{"liveness":{"enabled":true,"weight":6,"threshold":0.5,"hardFail":true},"frameConsistency":{"enabled":true,"weight":0.3,"threshold":0.5,"hardFail":true},"impossibleTravel":{"enabled":true,"weight":0.3,"threshold":0.5,"hardFail":false},"embeddingHistory":{"enabled":true,"weight":0.1,"threshold":0.5,"hardFail":false},"deviceConsistency":{"enabled":true,"weight":0.1,"threshold":0.3,"hardFail":false},"geoFence":{"enabled":true,"weight":0.1,"threshold":0.5,"hardFail":true},"timeRestriction":{"enabled":true,"weight":0.1,"threshold":0.5,"hardFail":true},"faceQuality":{"enabled":true,"weight":0.5,"threshold":0,"hardFail":false}},"minimumComposite":0.25,"models":{"detector":"blazeface","scorer":"best","pad":"where-installed","livenessScale":"live"},"match":{"falseMatchRate":0.0001,"falseIdentificationRate":0.01},"refuseQuality":[]}';

let engine: Engine;
beforeEach(async () => {
  engine = await startEngine();
});
afterEach(() => engine.stop());

async function store(definition: string): Promise<void> {
  await engine.db
    .insertInto('profile')
    .values(
      withMac(engine.integrity, 'profile', {
        id: 'prof_1',
        organization: engine.organization,
        slug: 'desk',
        version: 1,
        definition,
        created_at: 0,
        created_by: 'operator ada',
        removed_at: null,
      }),
    )
    .execute();
}

/** The checks that a verification under the stored profile ran. */
async function checksRun(): Promise<string[]> {
  const picture = engine.analyzer.show(
    'alice',
    analysisOf('alice', { embeddings: { 'a-net': direction('alice') } }),
  );
  const base = { organization: engine.organization, world: 'test', picture } as const;
  await engine.checks.enroll({ ...base, email: 'alice@example.com', actor: key });
  const verdict = await engine.checks.verify({
    ...base,
    email: 'alice@example.com',
    profile: 'desk',
    actor: key,
  });
  expect(verdict).toMatchObject({ verified: true, profile: { slug: 'desk', version: 1 } });
  return verdict.checkResults.map(({ check }) => check);
}

test('a row of release 0.1.1 loads as it was written', async () => {
  await store(rowOfRelease011);
  expect((await engine.checks.getProfile(engine.organization, 'desk')).definition).toEqual(
    JSON.parse(rowOfRelease011),
  );
  expect(await checksRun()).toHaveLength(8);
});

test('a profile stored before a check existed runs without it', async () => {
  const { deviceConsistency, ...checks } = JSON.parse(rowOfRelease011).checks;
  await store(JSON.stringify({ ...JSON.parse(rowOfRelease011), checks }));
  const { definition } = await engine.checks.getProfile(engine.organization, 'desk');
  expect(definition.checks).toEqual({
    ...checks,
    deviceConsistency: { ...deviceConsistency, enabled: false },
  });
  expect(await checksRun()).not.toContain('deviceConsistency');
});

test('a check and a setting that this release does not know are left out, with a line in the log', async () => {
  const stored = JSON.parse(rowOfRelease011);
  const checks = { ...stored.checks, gait: { enabled: true, weight: 1, threshold: 0.5, hardFail: true } };
  await store(JSON.stringify({ ...stored, checks, gait: { steps: 12 } }));
  const lines: object[] = [];
  const log = {
    debug() {},
    info() {},
    error() {},
    warn: (fields: object, message: string) => lines.push({ ...fields, message }),
  };
  const profiles = createProfiles({ ...engine, log });
  const [only] = (await profiles.list(engine.organization)).filter(({ builtIn }) => !builtIn);
  expect(only!.definition).toEqual(stored);
  await profiles.get(engine.organization, 'desk');
  expect(lines).toEqual([
    {
      profile: 'prof_1',
      unknown: ['gait', 'checks.gait'],
      message: 'a stored profile names what this release does not know; it is left out',
    },
  ]);
  expect(await checksRun()).toHaveLength(8);
  expect(
    (await engine.checks.setProfile(engine.organization, 'desk', only!.definition, operator)).version,
  ).toBe(2);
});
