import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Engine, key, operator, startEngine } from '../../../../test/support/engine.ts';
import { analysisOf, direction, near } from '../../../../test/support/faces.ts';
import type { CheckName, CheckResult } from '../checks/registered-checks.ts';
import { attemptVerdictOf } from './address-attempts.ts';

const failed = (check: CheckName): CheckResult => ({ check, pass: false, score: 0, weight: 1 });

test.each<[string, boolean, CheckResult[], string]>([
  ['a face that is not the person’s', false, [], 'against'],
  ['the person’s face, and no living one', true, [failed('liveness')], 'against'],
  ['the person’s face, and frames of other faces', true, [failed('frameConsistency')], 'against'],
  ['the person’s face in a wrong place', true, [failed('geoFence'), failed('impossibleTravel')], 'neither'],
  ['the person’s face at a wrong hour', true, [failed('timeRestriction')], 'neither'],
  ['the person’s face in a bad picture', true, [failed('faceQuality')], 'neither'],
  ['a check that passed', true, [{ ...failed('frameConsistency'), pass: true }], 'neither'],
])('refused for %s', (_, matched, checks, verdict) => {
  expect(attemptVerdictOf(false, matched, checks)).toBe(verdict);
  expect(attemptVerdictOf(true, true, checks)).toBe('verified');
});

let engine: Engine;
beforeEach(async () => {
  engine = await startEngine();
});
afterEach(() => engine.stop());

test('a matched face whose frames show another person is a failed attempt, and the fifth delays the next', async () => {
  const realm = { organization: engine.organization, world: 'test' as const };
  const alice = direction('alice');
  const show = (name: string, of: Float32Array) =>
    engine.analyzer.show(name, analysisOf(name, { embeddings: { 'a-net': near(of, 0.97, name) } }));
  const email = 'alice@example.com';
  await engine.checks.enroll({ ...realm, picture: show('enrolled', alice), email, actor: operator });
  const attempt = (name: string, inFrames: Float32Array) =>
    engine.checks
      .verify({
        ...realm,
        picture: show(name, alice),
        frames: [0, 1, 2].map((i) => show(`${name} ${i}`, inFrames)),
        email,
        actor: key,
      })
      .then(
        ({ verified }) => (verified ? 'verified' : 'refused'),
        ({ code, message }) => `${code} ${message}`,
      );
  const failures = async () =>
    (await engine.db.selectFrom('claim').select('failures').execute()).map((claim) => claim.failures);
  for (let i = 1; i <= 5; i++) {
    expect(await attempt(`spliced ${i}`, direction('mallory'))).toMatch(
      /^CHECK_FAILED .*: frameConsistency\.$/,
    );
    expect(await failures()).toEqual([i]);
  }
  expect(await attempt('her own', alice)).toMatch('USER_FLOOD_DETECTED');
  engine.advance(60_000);
  expect(await attempt('her own later', alice)).toBe('verified');
  expect(await failures()).toEqual([]);
});
