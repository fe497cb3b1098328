import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Engine, operator, padPair, startEngine } from '../../../test/support/engine.ts';
import type { FaceScript } from '../../../test/support/faces.ts';
import { verifyWith } from '../../../test/support/verify-alice.ts';
import type { Problem } from '../../lib/problem.ts';
import { builtInProfiles, type CheckResult } from '../matching/index.ts';

let engine: Engine;
beforeEach(async () => {
  engine = await startEngine();
});
afterEach(() => engine.stop());
const { show, enrollAlice, verify, stored } = verifyWith(() => engine, 'live');

describe('presentation attack detection', () => {
  test('the live world refuses without it and names files, hashes and the command', async () => {
    await enrollAlice('live');
    await expect(verify(show('probe', 0.9), { world: 'live' })).rejects.toMatchObject({
      code: 'PAD_NOT_INSTALLED',
      message: expect.stringMatching(
        /pad-1\.pth \(SHA-256 [0-9a-f]{64}\) and pad-2\.pth .*gatehouse models import pad-1\.pth pad-2\.pth/,
      ),
    });
    expect(await stored()).toEqual([]);
  });

  test('unless the organization is match-only, and then every answer says so', async () => {
    await enrollAlice('live');
    await engine.organizations.set(engine.organization, { matchOnly: true }, operator);
    expect(await verify(show('probe', 0.9), { world: 'live' })).toMatchObject({
      verified: true,
      assurance: 'match-only',
    });
  });

  test.each(['strict-finance', 'high-security', 'fortress'])(
    '%s requires it in the test world too, and of match-only organizations, and says so',
    async (profile) => {
      await expect(verify(show('probe', 0.9), { profile, world: 'test' })).rejects.toMatchObject({
        code: 'PAD_NOT_INSTALLED',
        message: expect.stringContaining(`The profile ${profile} requires it, in the test world too.`),
      });
      await engine.organizations.set(engine.organization, { matchOnly: true }, operator);
      await expect(verify(show('probe', 0.9), { profile, world: 'live' })).rejects.toMatchObject({
        code: 'PAD_NOT_INSTALLED',
        message: expect.stringContaining(
          `The profile ${profile} requires it; “gatehouse org set --match-only” does not change that.`,
        ),
      });
    },
  );

  test('where it is installed but off, the command that switches it on is named', async () => {
    await engine.installPad();
    await engine.models.disable('pad-2', operator);
    await engine.models.disable('pad-1', operator);
    await expect(
      verify(show('probe', 0.9), { profile: 'strict-finance', world: 'test' }),
    ).rejects.toMatchObject({
      code: 'PAD_NOT_INSTALLED',
      message:
        'pad-1 and pad-2 are off: run “gatehouse models enable pad-1” and “gatehouse models enable pad-2”. The profile strict-finance requires it, in the test world too.',
    });
  });

  test('where it is installed it runs, and the assurance is passive', async () => {
    await engine.installPad();
    await enrollAlice('live');
    const verdict = await verify(show('probe', 0.9, { live: 0.99 }), { world: 'live' });
    expect(verdict).toMatchObject({
      verified: true,
      assurance: 'passive',
      models: { 'pad-1': expect.any(String), 'pad-2': expect.any(String) },
    });
    expect(verdict.checkResults[0]).toMatchObject({
      check: 'liveness',
      pass: true,
      weight: 6,
      score: 1,
      details: { thresholdScore: 0.96, layers: [{ set: padPair.id, bpcer: 0.1 }, {}] },
    });
  });

  test('it does not run in the test world, nor for a match-only organization, unless the profile requires it', async () => {
    await engine.installPad();
    await engine.organizations.set(engine.organization, { matchOnly: true }, operator);
    await enrollAlice('live');
    await enrollAlice('test');
    const zurich = { profile: 'strict-finance', place: { latitude: 47.3769, longitude: 8.5417 } };
    for (const [world, required] of [
      ['live', 'match-only'],
      ['test', 'passive'],
    ] as const) {
      const attack = await verify(show(`attack in ${world}`, 0.9, { live: 0.01 }), { world });
      expect(attack).toMatchObject({ verified: true, assurance: 'match-only' });
      expect(attack.checkResults[0]).toMatchObject({ check: 'liveness', skipped: expect.any(String) });
      const passed = await verify(show(`probe in ${world}`, 0.95, { live: 0.99 }), { world, ...zurich });
      expect(passed).toMatchObject({ verified: true, assurance: required });
      await expect(
        verify(show(`second attack in ${world}`, 0.95, { live: 0.01 }), { world, ...zurich }),
      ).rejects.toMatchObject({ code: 'CHECK_FAILED' });
    }
  });

  test('an attack is refused outright in every built-in profile, by the sentence alone', async () => {
    await engine.installPad();
    await engine.importModel('yunet');
    await enrollAlice();
    const reason = 'The picture looks like a photograph or a screen.';
    for (const { slug } of builtInProfiles) {
      const refusal = await verify(show(`attack ${slug}`, 0.95, { live: 0.49 }), {
        email: 'alice@example.com',
        profile: slug,
      }).catch((error: unknown) => error);
      expect(refusal).toMatchObject({ code: 'CHECK_FAILED', extra: { reason } });
      const [liveness] = (refusal as Problem).extra.checkResults as CheckResult[];
      expect(liveness).toEqual({
        check: 'liveness',
        pass: false,
        score: 0,
        weight: expect.any(Number),
        reason,
      });
    }
    // What is stored has the figures, for the operator.
    const [row] = await stored();
    expect(row).toMatchObject({
      verified: 0,
      reason,
      probe_sealed: null,
      composite: expect.closeTo(0.53, 2),
    });
    expect(JSON.parse(row!.checks)[0]).toMatchObject({ score: expect.closeTo(0.49, 9) });
  });

  test('an organization’s own profile may let a low liveness pass, and discloses no figure of it either', async () => {
    await engine.installPad();
    await enrollAlice();
    const { definition } = await engine.checks.getProfile(engine.organization, 'default');
    const checks = { ...definition.checks, liveness: { ...definition.checks.liveness, hardFail: false } };
    await engine.checks.setProfile(engine.organization, 'kiosk', { ...definition, checks }, operator);
    const kiosk = { email: 'alice@example.com', profile: 'kiosk' };
    const verdict = await verify(show('dim', 0.95, { live: 0.4 }), kiosk);
    expect(verdict).toMatchObject({ verified: true, compositeScore: expect.closeTo(0.5 / 6.5, 9) });
    expect(verdict.checkResults[0]).toEqual({
      check: 'liveness',
      pass: false,
      score: 0,
      weight: 6,
      reason: 'The picture looks like a photograph or a screen.',
    });
    const refused = await verify(show('dark', 0.95, { live: 0.01 }), kiosk);
    expect(refused).toMatchObject({
      verified: false,
      confidence: 0,
      reason: 'The picture looks like a photograph or a screen: take a new one with the camera.',
    });
    expect(refused).not.toHaveProperty('compositeScore');
  });

  test('liveness in an acceptance has one decimal, in the composite too', async () => {
    await engine.installPad();
    await enrollAlice();
    const at = async (live: number) => {
      const { checkResults, compositeScore } = await verify(show(`at ${live}`, 0.9, { live }));
      return { liveness: checkResults[0]!, compositeScore };
    };
    const [one, other] = [await at(0.861), await at(0.939)];
    expect(one).toEqual(other);
    expect(one.liveness).toMatchObject({ pass: true, score: 0.9 });
    expect(one.compositeScore).toBeCloseTo((6 * 0.9 + 0.5) / 6.5, 9);
    const [pad, moire] = one.liveness.details!.layers as object[];
    for (const name of ['live', 'signal']) expect({ ...pad, ...moire }).not.toHaveProperty(name);
  });

  test('a passed liveness in a refusal has one decimal; only an operator reads figures', async () => {
    await engine.installPad();
    await enrollAlice();
    const stranger = () => show('stranger', 0.1, { live: 0.876 });
    const refused = await verify(stranger(), { email: 'alice@example.com' });
    expect(refused.checkResults[0]).toEqual({ check: 'liveness', pass: true, score: 0.9, weight: 6 });
    expect(refused.checkResults.at(-1)).toHaveProperty('details');
    expect(refused).not.toHaveProperty('compositeScore');
    const open = await verify(stranger(), { email: 'alice@example.com', actor: operator });
    expect(open.checkResults[0]).toMatchObject({
      score: expect.closeTo(0.876, 9),
      details: { layers: [{ live: 0.876 }, {}] },
    });
    expect(open.compositeScore).toBeGreaterThan(0.5);
  });

  test('a black and white picture is refused as such, and not as an attack', async () => {
    await engine.installPad();
    await enrollAlice();
    const reason = 'The picture is black and white; liveness needs color.';
    for (let i = 0; i < 12; i++) {
      engine.advance(10_000);
      await expect(
        verify(show(`film ${i}`, 0.95, { live: 0.01, color: 0.002 }), { email: 'alice@example.com' }),
      ).rejects.toMatchObject({
        code: 'FACE_QUALITY_REFUSED',
        message: reason,
        extra: { reason, checkResults: [{ check: 'faceQuality', pass: false, reason }] },
      });
    }
    // Eleven attacks would have delayed the next attempt.
    expect(await verify(show('p', 0.95, { live: 0.9 }), { email: 'alice@example.com' })).toMatchObject({
      verified: true,
    });
  });

  describe('frames cannot vouch for a picture that is refused alone', () => {
    const spoof = { live: 0.16 };
    const alicesFrames = (script: FaceScript, cosine = 0.95) =>
      Array.from({ length: 12 }, (_, i) => show(`frame ${i}`, cosine, { live: 0.9999, ...script }));
    const turned = (yaw: number) => ({ quality: { pose: { yaw, pitch: 0, roll: 0 } } });

    test.each<[string, FaceScript, () => Uint8Array[], string]>([
      [
        'A1: close-ups of the same picture',
        spoof,
        () => alicesFrames({ quality: { margin: -0.2, frameShare: 0.9 } }),
        'No frame shows the face well enough.',
      ],
      ['A2: strangers who are turned away', spoof, () => alicesFrames(turned(40), 0.1), 'turned away'],
      ['A2: strangers who face the camera', spoof, () => alicesFrames({}, 0.1), 'one and the same face'],
    ])('%s', async (_, script, frames, reason) => {
      await engine.installPad();
      await enrollAlice();
      for (const profile of ['default', 'strict-finance', 'fortress']) {
        const refusal = await verify(show('spoof', 0.95, script), {
          email: 'alice@example.com',
          profile,
          frames: frames(),
          actor: operator,
        }).catch((error: unknown) => error);
        expect(refusal).toMatchObject({ code: 'CHECK_FAILED' });
        const [liveness, consistency] = (refusal as Problem).extra.checkResults as CheckResult[];
        expect(liveness).toMatchObject({
          check: 'liveness',
          pass: false,
          details: {
            frames: {
              counted: 0,
              note: 'Judged on the main picture alone: the frames did not pass frameConsistency.',
            },
            layers: [{ frames: 1, live: 0.16 }, {}],
          },
        });
        const { leftOut } = liveness!.details!.frames as { leftOut: Record<string, number> };
        expect(Object.values(leftOut).reduce((sum, count) => sum + count, 0)).toBe(12);
        expect(consistency).toMatchObject({
          check: 'frameConsistency',
          score: 0,
          reason: expect.stringContaining(reason),
        });
      }
    });

    test('A3: a turned picture beside frames of another person', async () => {
      await engine.installPad();
      await enrollAlice();
      await expect(
        verify(show('turned', 0.95, { ...spoof, ...turned(35) }), {
          email: 'alice@example.com',
          frames: alicesFrames({}, 0.1),
        }),
      ).rejects.toMatchObject({
        code: 'CHECK_FAILED',
        extra: {
          checkResults: expect.arrayContaining([
            expect.objectContaining({ reason: expect.stringContaining('face the camera in it') }),
          ]),
        },
      });
    });

    test('unfit frames beside fit ones count for nothing', async () => {
      await engine.installPad();
      await enrollAlice();
      const frames = [
        ...Array.from({ length: 5 }, (_, i) =>
          show(`near ${i}`, 0.95, { live: 0.9999, quality: { margin: 0 } }),
        ),
        ...Array.from({ length: 5 }, (_, i) => show(`away ${i}`, 0.1, { live: 0.9999, ...turned(60) })),
        show('fit', 0.95, { live: 0.16 }),
      ];
      const refusal = await verify(show('spoof', 0.95, spoof), {
        email: 'alice@example.com',
        frames,
        actor: operator,
      }).catch((error: unknown) => error as Problem);
      expect(refusal).toMatchObject({ code: 'CHECK_FAILED' });
      const [liveness] = (refusal as Problem).extra.checkResults as CheckResult[];
      expect(liveness).toMatchObject({
        pass: false,
        details: {
          frames: { counted: 1, leftOut: { NO_MARGIN: 5, NOT_FRONTAL: 5 } },
          layers: [{ frames: 2, live: 0.16 }, {}],
        },
      });
    });

    test('a profile without frameConsistency takes no inconsistent frames for evidence either', async () => {
      await engine.installPad();
      await enrollAlice();
      const { definition } = await engine.checks.getProfile(engine.organization, 'strict-finance');
      const frameConsistency = { ...definition.checks.frameConsistency, enabled: false };
      const checks = { ...definition.checks, frameConsistency };
      await engine.checks.setProfile(engine.organization, 'loose', { ...definition, checks }, operator);
      await expect(
        verify(show('spoof', 0.95, spoof), {
          email: 'alice@example.com',
          profile: 'loose',
          frames: alicesFrames({}, 0.1),
        }),
      ).rejects.toMatchObject({
        code: 'CHECK_FAILED',
        message: expect.stringContaining('liveness'),
      });
    });
  });

  test('the strict profiles refuse exactly below the APCER-5 % threshold', async () => {
    await engine.installPad();
    await enrollAlice();
    const at = (live: number) =>
      verify(show(`at ${live}`, 0.95, { live }), {
        email: 'alice@example.com',
        profile: 'strict-finance',
        place: { latitude: 47.3769, longitude: 8.5417 },
      });
    expect(await at(0.961)).toMatchObject({ verified: true });
    await expect(at(0.959)).rejects.toMatchObject({ code: 'CHECK_FAILED' });
  });

  test('a profile without liveness has no place in the live world', async () => {
    await engine.installPad();
    const { definition } = await engine.checks.getProfile(engine.organization, 'default');
    const checks = { ...definition.checks, liveness: { ...definition.checks.liveness, enabled: false } };
    await engine.checks.setProfile(engine.organization, 'blind', { ...definition, checks }, operator);
    await expect(verify(show('probe', 0.9), { world: 'live', profile: 'blind' })).rejects.toMatchObject({
      code: 'CONFLICT',
    });
    expect(await verify(show('probe', 0.9), { profile: 'blind', world: 'test' })).toMatchObject({
      assurance: 'match-only',
    });
    const demanding = { ...definition, checks, models: { ...definition.models, pad: 'required' as const } };
    await engine.checks.setProfile(engine.organization, 'blind', demanding, operator);
    await expect(verify(show('probe', 0.9), { profile: 'blind' })).rejects.toMatchObject({
      code: 'CONFLICT',
      message: 'The profile blind requires presentation attack detection but runs no liveness check.',
    });
  });
});
