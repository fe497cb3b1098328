import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  type Engine,
  key,
  operator,
  padPair,
  scorerA,
  sha256,
  startEngine,
} from '../../../test/support/engine.ts';
import { analysisOf, direction, emptyAnalysis, type FaceScript, near } from '../../../test/support/faces.ts';
import type { World } from '../../lib/id.ts';
import type { Problem } from '../../lib/problem.ts';
import type { Audit } from '../audit/index.ts';
import type { CheckResult } from '../checks/index.ts';
import { matchRateForGallery } from '../matching/index.ts';
import { builtInProfiles } from '../profiles/index.ts';
import type { VerifyCommand } from './verdict.ts';

let engine: Engine;
beforeEach(async () => {
  engine = await startEngine();
});
afterEach(() => engine.stop());

const alice = direction('alice');

/** A picture of a person at this cosine from alice. */
const show = (name: string, cosine: number, script: FaceScript = {}) =>
  engine.analyzer.show(
    name,
    analysisOf(name, {
      embeddings: {
        'a-net': near(alice, cosine, name),
        'b-net': near(direction('alice b', 64), cosine, name),
      },
      ...script,
    }),
  );

async function enrollAlice(world: World = 'test', name = `enrolled in ${world}`) {
  return engine.checks.enroll({
    organization: engine.organization,
    world,
    picture: show(name, 1, { embeddings: { 'a-net': alice, 'b-net': direction('alice b', 64) } }),
    email: 'alice@example.com',
    actor: operator,
    overrideLiveness: true,
  });
}

async function enrollOthers(count: number) {
  for (let i = 0; i < count; i++) {
    await engine.subjects.enroll(
      { organization: engine.organization, world: 'test' },
      { email: `p${i}@example.com`, embeddings: { 'a-net': direction(`person ${i}`) }, quality: 1 },
      operator,
    );
  }
}

const verify = (picture: Uint8Array, more: Partial<VerifyCommand> = {}) =>
  engine.checks.verify({ organization: engine.organization, world: 'test', picture, actor: key, ...more });

const stored = () => engine.db.selectFrom('verification').selectAll().orderBy('id').execute();

describe('1:1', () => {
  test('a person is verified, and the whole answer says by what', async () => {
    const { subject } = await enrollAlice();
    const verdict = await verify(show('probe', 0.9), { email: 'Alice@example.com' });
    expect(verdict).toEqual({
      verification: expect.stringMatching(/^ver_/),
      verified: true,
      subject: { id: subject, email: 'alice@example.com' },
      confidence: expect.closeTo(1 / (1 + 10 ** -1), 6),
      compositeScore: expect.closeTo(1, 9),
      checkResults: [
        {
          check: 'liveness',
          pass: true,
          score: 0,
          weight: 0,
          skipped: 'No presentation attack detection model is installed.',
        },
        { check: 'frameConsistency', pass: true, score: 0, weight: 0, skipped: expect.any(String) },
        { check: 'impossibleTravel', pass: true, score: 0, weight: 0, skipped: expect.any(String) },
        {
          check: 'embeddingHistory',
          pass: true,
          score: 0,
          weight: 0,
          skipped: expect.stringContaining('5 are needed'),
        },
        { check: 'deviceConsistency', pass: true, score: 0, weight: 0, skipped: 'No deviceInfo was given.' },
        { check: 'geoFence', pass: true, score: 0, weight: 0, skipped: expect.any(String) },
        { check: 'timeRestriction', pass: true, score: 0, weight: 0, skipped: expect.any(String) },
        {
          check: 'faceQuality',
          pass: true,
          score: expect.closeTo(1, 9),
          weight: 0.5,
          details: expect.any(Object),
        },
      ],
      assurance: 'match-only',
      match: {
        scorer: 'a',
        score: expect.closeTo(0.9, 5),
        pictures: 1,
        threshold: expect.closeTo(0.8, 9),
        shift: 0,
        fmr: 1e-4,
        fnmr: expect.closeTo(0.15, 9),
        extrapolated: false,
      },
      profile: { id: 'builtin:default', slug: 'default', version: 2, maturity: 'proven' },
      models: { blazeface: sha256('blazeface').slice(0, 12), 'a-net': sha256('a-net').slice(0, 12) },
      timing: { decode: 2, detect: 3, landmarks: 6, embed: 5, pad: 2, queued: 0, picture: 18, total: 0 },
    });
  });

  test('an unknown e-mail is answered exactly like a mismatch, also where fused is enabled since', async () => {
    await enrollAlice();
    await engine.models.enable('b-net', { acceptLicenceDoubt: true }, operator);
    const [stranger, unknown, garbled] = await Promise.all(
      ['alice@example.com', 'unknown@example.com', 'alice'].map((email) =>
        verify(show('stranger', 0.3), { email }),
      ),
    );
    expect(stranger).toMatchObject({
      verified: false,
      reason: 'Identity not recognised',
      confidence: 0,
      match: { scorer: 'fused', score: null },
    });
    expect(stranger).not.toHaveProperty('subject');
    for (const other of [unknown, garbled])
      expect({ ...other, verification: '' }).toEqual({ ...stranger, verification: '' });
  });

  test('the threshold is where the profile’s false-match rate lies', async () => {
    await enrollAlice();
    expect(await verify(show('just', 0.801), { email: 'alice@example.com' })).toMatchObject({
      verified: true,
    });
    expect(await verify(show('just not', 0.799), { email: 'alice@example.com' })).toMatchObject({
      verified: false,
    });
  });

  test('templates without embedding B are compared by A, with A’s table', async () => {
    await enrollAlice();
    await engine.models.enable('b-net', { acceptLicenceDoubt: true }, operator);
    const by = async () => (await verify(show('probe', 0.9), { email: 'alice@example.com' })).match.scorer;
    expect(await by()).toBe('a');
    await enrollAlice('test', 'with b');
    expect(await by()).toBe('fused');
  });

  test('an id is no e-mail', async () => {
    const { subject } = await enrollAlice();
    expect(await verify(show('probe', 0.9), { email: subject })).toMatchObject({ verified: false });
  });
});

describe('1:N', () => {
  const setRates = async (
    slug: string,
    match: { falseMatchRate: number; falseIdentificationRate: number },
  ) => {
    const { definition } = await engine.checks.getProfile(engine.organization, 'default');
    await engine.checks.setProfile(engine.organization, slug, { ...definition, match }, operator);
  };

  test('a person is named, and the answer says what the name costs', async () => {
    await enrollOthers(9);
    const { subject } = await enrollAlice();
    await setRates('large', { falseMatchRate: 1e-2, falseIdentificationRate: 0.01 });
    const verdict = await verify(show('probe', 0.9), { profile: 'large' });
    expect(verdict).toMatchObject({
      verified: true,
      subject: { id: subject, email: 'alice@example.com' },
      identification: {
        gallerySize: 10,
        galleryRate: 0.01,
        matchRate: matchRateForGallery(0.01, 10),
        threshold: verdict.match.threshold,
        fnmr: verdict.match.fnmr,
        extrapolated: false,
      },
    });
    expect(verdict.match.threshold).toBeCloseTo(0.7, 2);
  });

  test('a search is at least as strict as a 1:1 verification, and equally confident', async () => {
    await enrollOthers(9);
    await enrollAlice();
    for (const cosine of [0.75, 0.799, 0.801, 0.84, 0.9]) {
      const probe = show(`at ${cosine}`, cosine);
      const [named, searched] = [await verify(probe, { email: 'alice@example.com' }), await verify(probe)];
      expect(searched).toMatchObject({
        verified: cosine > 0.8,
        confidence: named.confidence,
        identification: { gallerySize: 10, matchRate: 1e-4 },
        match: { threshold: named.match.threshold, fmr: named.match.fmr },
      });
    }
  });

  test('a stranger is not, and the reply does not reveal how near they came', async () => {
    await enrollOthers(9);
    await enrollAlice();
    const [far, near] = [await verify(show('stranger', 0.1)), await verify(show('stranger', 0.6))];
    expect(far).toMatchObject({
      verified: false,
      reason: 'Identity not recognised',
      confidence: 0,
      match: { score: null },
    });
    expect(far).not.toHaveProperty('subject');
    const revealing = ({ confidence, match, identification, compositeScore, reason }: typeof far) => ({
      confidence,
      match,
      identification,
      compositeScore,
      reason,
    });
    expect(revealing(near)).toEqual(revealing(far));
  });

  test('among many people it says that the threshold is extrapolated', async () => {
    await enrollOthers(2);
    await setRates('tight', { falseMatchRate: 1e-4, falseIdentificationRate: 1e-5 });
    expect(await verify(show('probe', 0.9), { profile: 'tight' })).toMatchObject({
      identification: { gallerySize: 2, extrapolated: true },
    });
    expect(engine.checks.safeGallerySize(0.01)).toBe(1005);
  });

  test('over no people no person is recognized', async () => {
    expect(await verify(show('probe', 0.9))).toMatchObject({
      verified: false,
      identification: { gallerySize: 0 },
      match: { score: null },
      confidence: 0,
    });
  });

  test('the fused score decides among the nearest by A', async () => {
    await engine.models.enable('b-net', { acceptLicenceDoubt: true }, operator);
    const realm = { organization: engine.organization, world: 'test' as const };
    const b = direction('alice b', 64);
    const enroll = (email: string, cosineA: number, cosineB: number) =>
      engine.subjects.enroll(
        realm,
        {
          email,
          embeddings: { 'a-net': near(alice, cosineA, email), 'b-net': near(b, cosineB, email) },
          quality: 1,
        },
        operator,
      );
    await enroll('twin@example.com', 0.95, 0.3);
    const { subject } = await enroll('alice@example.com', 0.9, 0.95);
    const probe = show('probe', 1, { embeddings: { 'a-net': alice, 'b-net': b } });
    expect(await verify(probe)).toMatchObject({
      subject: { id: subject.id },
      match: { scorer: 'fused', score: expect.closeTo(1.85, 4) },
    });
    expect(await verify(probe, { profile: 'specter' })).toMatchObject({
      subject: { email: 'twin@example.com' },
      match: { scorer: 'a' },
    });
  });

  test('worlds and organizations do not meet', async () => {
    await enrollAlice('test');
    await engine.organizations.set(engine.organization, { matchOnly: true }, operator);
    const other = (await engine.organizations.create({ name: 'Other' }, operator)).id;
    for (const elsewhere of [{ world: 'live' as const }, { organization: other }])
      for (const email of [undefined, 'alice@example.com'])
        expect(await verify(show('probe', 1), { ...elsewhere, ...(email ? { email } : {}) })).toMatchObject({
          verified: false,
        });
  });
});

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
      await expect(verify(show('probe', 0.9), { profile })).rejects.toMatchObject({
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
    await expect(verify(show('probe', 0.9), { profile: 'strict-finance' })).rejects.toMatchObject({
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

  test('a match-only organization’s live answers say so where PAD runs too, its test answers do not', async () => {
    await engine.installPad();
    await engine.organizations.set(engine.organization, { matchOnly: true }, operator);
    await enrollAlice('live');
    await enrollAlice('test');
    const live = await verify(show('probe', 0.9, { live: 0.99 }), { world: 'live' });
    expect(live).toMatchObject({ verified: true, assurance: 'match-only' });
    expect(live.checkResults[0]).toMatchObject({ check: 'liveness', weight: 6 });
    expect(await verify(show('probe', 0.9, { live: 0.99 }))).toMatchObject({ assurance: 'passive' });
    expect(await stored()).toMatchObject([{ assurance: 'match-only' }, { assurance: 'passive' }]);
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
    expect(await verify(show('probe', 0.9), { profile: 'blind' })).toMatchObject({ assurance: 'match-only' });
    const demanding = { ...definition, checks, models: { ...definition.models, pad: 'required' as const } };
    await engine.checks.setProfile(engine.organization, 'blind', demanding, operator);
    await expect(verify(show('probe', 0.9), { profile: 'blind' })).rejects.toMatchObject({
      code: 'CONFLICT',
      message: 'The profile blind requires presentation attack detection but runs no liveness check.',
    });
  });
});

describe('pictures and models', () => {
  test.each<[string, () => Uint8Array, string, string]>([
    [
      'no face',
      () => engine.analyzer.show('empty', emptyAnalysis('empty')),
      'FACE_NOT_FOUND',
      'No face was found: face the camera in good light.',
    ],
    [
      'two people',
      () => show('two', 1, { others: [180] }),
      'SEVERAL_FACES',
      'Only one person may be in the picture.',
    ],
    [
      'far away',
      () => show('far', 1, { quality: { interEyeDistance: 20 } }),
      'FACE_TOO_SMALL',
      'Move closer.',
    ],
  ])('%s is refused with what to do, and the refusal is stored', async (_, picture, code, reason) => {
    await enrollAlice();
    await expect(verify(picture(), { email: 'alice@example.com' })).rejects.toMatchObject({
      code,
      extra: { reason, checkResults: [{ check: 'faceQuality', pass: false, reason }] },
    });
    expect(await stored()).toMatchObject([
      { verified: 0, reason: expect.any(String), kind: '1:1', subject: null },
    ]);
  });

  test('default advises on a turned head, strict-finance refuses it', async () => {
    await engine.installPad();
    await enrollAlice();
    const turned = () =>
      show('turned', 0.95, { live: 0.999, quality: { pose: { yaw: 30, pitch: 0, roll: 0 } } });
    const verdict = await verify(turned(), { email: 'alice@example.com' });
    expect(verdict.checkResults.at(-1)).toMatchObject({
      check: 'faceQuality',
      pass: true,
      reason: 'Face the camera.',
    });
    await expect(
      verify(turned(), { email: 'alice@example.com', profile: 'strict-finance' }),
    ).rejects.toMatchObject({
      code: 'FACE_QUALITY_REFUSED',
      extra: { reason: 'Face the camera.' },
    });
  });

  test('every picture counts for the key that sent it, and has its deadline', async () => {
    const deadlines = new Set<number>();
    const shares: unknown[] = [];
    const { analyze } = engine.analyzer;
    engine.analyzer.analyze = (picture, request) => {
      shares.push(request.share);
      deadlines.add(request.deadline);
      return analyze(picture, request);
    };
    await enrollAlice();
    await verify(show('probe', 0.9), { frames: [show('f0', 0.9)] });
    const { organization } = engine;
    const keys = { world: 'test', organization, key: expect.stringMatching(/^key_/) };
    expect(shares).toEqual([
      { world: 'test', organization, key: expect.stringMatching(/^operator:./) },
      keys,
      keys,
    ]);
    expect([...deadlines]).toEqual([10_000]);
  });

  test('errors of the analyzer are passed on, and an unreadable frame is named', async () => {
    await expect(verify(new Uint8Array([1]))).rejects.toMatchObject({ code: 'IMAGE_UNREADABLE' });
    await expect(
      verify(show('probe', 0.9), { frames: [show('f0', 0.9), new Uint8Array([1])] }),
    ).rejects.toMatchObject({
      code: 'IMAGE_UNREADABLE',
      message: 'Frame 2: The picture cannot be read.',
      extra: { details: [{ path: 'frames.1' }] },
    });
    await expect(
      verify(show('probe', 0.9), { frames: [show('f0', 0.9)], frameTimes: [0, 1] }),
    ).rejects.toMatchObject({
      code: 'INVALID_REQUEST',
    });
  });

  test('phantom is refused with the remedy until its detector and PAD are imported', async () => {
    await enrollAlice();
    const phantom = () =>
      verify(show('probe', 0.9, { live: 0.99 }), { email: 'alice@example.com', profile: 'phantom' });
    await expect(phantom()).rejects.toMatchObject({
      code: 'MODEL_NOT_INSTALLED',
      message: expect.stringContaining('gatehouse models import yunet.pth'),
    });
    await engine.importModel('yunet');
    await expect(phantom()).rejects.toMatchObject({ code: 'PAD_NOT_INSTALLED' });
    await engine.installPad();
    const verdict = await phantom();
    expect(verdict).toMatchObject({ verified: true, profile: { maturity: 'alternate' } });
    expect(Object.keys(verdict.models)).toEqual(['yunet', 'a-net', 'pad-1']);
    await engine.models.disable('pad-1', operator);
    await expect(phantom()).rejects.toMatchObject({
      code: 'PAD_NOT_INSTALLED',
      message: expect.stringMatching(
        /^pad-1 is off: run “gatehouse models enable pad-1”\. The profile phantom/,
      ),
    });
  });

  test('a detector that is installed but off is named with the command that switches it on', async () => {
    await engine.importModel('yunet');
    await engine.models.disable('yunet', operator);
    await expect(verify(show('probe', 0.9), { profile: 'phantom' })).rejects.toMatchObject({
      code: 'MODEL_NOT_INSTALLED',
      message:
        'The profile phantom needs the detector yunet. yunet is off: run “gatehouse models enable yunet”.',
    });
  });

  test('a profile that asks for the fused score is refused without it', async () => {
    const { definition } = await engine.checks.getProfile(engine.organization, 'default');
    await engine.checks.setProfile(
      engine.organization,
      'fused',
      { ...definition, models: { ...definition.models, scorer: 'fused' } },
      operator,
    );
    await expect(verify(show('probe', 0.9), { profile: 'fused' })).rejects.toMatchObject({
      code: 'MODEL_NOT_INSTALLED',
      message: expect.stringContaining('gatehouse models enable faceres --accept-licence-doubt'),
    });
  });

  test('an unknown profile is refused', async () => {
    await expect(verify(show('probe', 0.9), { profile: 'none' })).rejects.toMatchObject({
      code: 'PROFILE_NOT_FOUND',
    });
  });
});

describe('remembered context', () => {
  test('nothing, of a caller who hung up', async () => {
    await enrollAlice();
    const hangsUp = new AbortController();
    const verdict = verify(show('probe', 0.9), { email: 'alice@example.com', signal: hangsUp.signal });
    hangsUp.abort();
    await expect(verdict).rejects.toMatchObject({ code: 'TIMEOUT' });
    expect(await engine.db.selectFrom('verification').selectAll().execute()).toEqual([]);
  });

  const HOUR = 3_600_000;
  const zurich = { latitude: 47.37, longitude: 8.54, country: 'CH', timeZone: 'Europe/Zurich' };
  const tokyo = { latitude: 35.68, longitude: 139.65, country: 'JP', timeZone: 'Asia/Tokyo' };
  const device = {
    userAgent: 'Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0',
    screenWidth: 1920,
    screenHeight: 1080,
  };
  const resultOf = (verdict: Awaited<ReturnType<typeof verify>>, check: string) =>
    verdict.checkResults.find((one) => one.check === check);
  const alicesEmail = { email: 'alice@example.com' };

  test('place, device and probe of a verified person are sealed and used the next time', async () => {
    await enrollAlice();
    const first = await verify(show('p0', 0.93), { ...alicesEmail, place: zurich, device });
    expect(resultOf(first, 'deviceConsistency')).toMatchObject({ score: 0.75, weight: 0.1 });
    const [row] = await stored();
    expect(row).toMatchObject({ verified: 1, kind: '1:1', actor: 'key:key_1', reason: null });
    expect(Buffer.from(row!.place_sealed!).toString('latin1')).not.toContain('Zurich');

    engine.advance(HOUR);
    const second = await verify(show('p1', 0.93), { ...alicesEmail, place: tokyo, device });
    expect(resultOf(second, 'impossibleTravel')).toMatchObject({ pass: false, score: 0, weight: 0.3 });
    expect(resultOf(second, 'deviceConsistency')).toMatchObject({ score: 1 });
  });

  test('rows written while the clock was a year ahead hide no person’s last place', async () => {
    await enrollAlice();
    await verify(show('p0', 0.93), { ...alicesEmail, place: zurich, device });
    engine.advance(365 * 24 * HOUR);
    await verify(show('p1', 0.93), { ...alicesEmail, place: tokyo, device });
    engine.advance(HOUR - 365 * 24 * HOUR);
    const far = await verify(show('p2', 0.93), { ...alicesEmail, place: tokyo, device });
    expect(resultOf(far, 'impossibleTravel')).toMatchObject({ pass: false, score: 0 });
  });

  test('a failed verification leaves no remembered context', async () => {
    await enrollAlice();
    await verify(show('stranger', 0.2), { ...alicesEmail, place: tokyo, device });
    expect(await stored()).toMatchObject([
      {
        verified: 0,
        place_sealed: null,
        device_sealed: null,
        probe_sealed: null,
        subject: expect.stringMatching(/^sub_/),
      },
    ]);
    const found = await verify(show('p0', 0.93), { ...alicesEmail, place: zurich, device });
    expect(resultOf(found, 'impossibleTravel')).toMatchObject({
      skipped: 'There is no earlier verified location of this person.',
    });
    expect(resultOf(found, 'deviceConsistency')).toMatchObject({ details: { knownDevices: 0 } });
  });

  test('after five verified pictures an unlike one stands out', async () => {
    await enrollAlice();
    for (let i = 0; i < 5; i++) {
      engine.advance(HOUR);
      await verify(show(`p${i}`, 0.95), alicesEmail);
    }
    const usual = await verify(show('usual', 0.95), alicesEmail);
    expect(resultOf(usual, 'embeddingHistory')).toMatchObject({
      pass: true,
      score: 1,
      details: { pictures: 5 },
    });
    const unlike = await verify(show('unlike', 0.81), alicesEmail);
    expect(resultOf(unlike, 'embeddingHistory')).toMatchObject({ pass: false });
  });

  test('the probes of another model file are not compared', async () => {
    await enrollAlice();
    for (let i = 0; i < 5; i++) await verify(show(`p${i}`, 0.95), alicesEmail);
    const manifest = engine.library.manifest();
    const other = manifest.models.find(({ id }) => id === 'a-net')!;
    await engine.library.add({ ...other, sha256: sha256('newer') }, new TextEncoder().encode('newer'));
    await engine.models.enable('a-net', { acceptLicenceDoubt: false }, operator);
    await engine.checks.enroll({
      organization: engine.organization,
      world: 'test',
      picture: show('new', 1),
      email: 'bob@example.com',
      actor: operator,
    });
    const found = await verify(show('probe', 0.95), { email: 'bob@example.com' });
    expect(resultOf(found, 'embeddingHistory')).toMatchObject({
      skipped: expect.stringContaining('0 earlier'),
    });
    expect(await verify(show('probe', 0.95), alicesEmail)).toMatchObject({ verified: false });
  });

  test('the place comes from the site of the caller’s address when none is given', async () => {
    await enrollAlice();
    await engine.organizations.addSite(
      engine.organization,
      { name: 'HQ', cidr: '10.0.0.0/8', ...zurich },
      operator,
    );
    const { definition } = await engine.checks.getProfile(engine.organization, 'default');
    await engine.checks.setProfile(
      engine.organization,
      'abroad',
      { ...definition, geoFence: { countries: ['JP'] } },
      operator,
    );
    await expect(
      verify(show('p0', 0.9), { ...alicesEmail, profile: 'abroad', address: '10.1.2.3' }),
    ).rejects.toMatchObject({
      code: 'CHECK_FAILED',
      extra: { reason: 'Verification is not allowed from this country.' },
    });
    await expect(
      verify(show('p1', 0.9), { ...alicesEmail, profile: 'abroad', address: '192.0.2.1' }),
    ).rejects.toMatchObject({
      code: 'CHECK_FAILED',
      extra: { reason: 'No country is known: send a location, or add a site for the network.' },
    });
    expect(
      await verify(show('p2', 0.9), { ...alicesEmail, profile: 'abroad', address: '10.1.2.3', place: tokyo }),
    ).toMatchObject({ verified: true });
  });

  test('a key names only profiles that it, and its organization, may use', async () => {
    await enrollAlice();
    const { definition } = await engine.checks.getProfile(engine.organization, 'default');
    const stored = await engine.checks.setProfile(
      engine.organization,
      'default',
      { ...definition, minimumComposite: 0.1 },
      operator,
    );
    const refused = { code: 'PROFILE_NOT_ALLOWED' };
    await expect(
      verify(show('p0', 0.9), { ...alicesEmail, profile: 'builtin:default' }),
    ).rejects.toMatchObject(refused);
    expect(
      await verify(show('p1', 0.9), { ...alicesEmail, profile: 'builtin:default', actor: operator }),
    ).toMatchObject({ verified: true, profile: { id: 'builtin:default' } });
    await expect(
      verify(show('p2', 0.9), { ...alicesEmail, profile: 'argus', profiles: ['default', 'specter'] }),
    ).rejects.toMatchObject(refused);
    expect(await verify(show('p3', 0.9), { ...alicesEmail, profiles: ['specter'] })).toMatchObject({
      profile: { slug: 'specter' },
    });
    await engine.organizations.set(engine.organization, { allowedProfiles: ['default'] }, operator);
    await expect(verify(show('p4', 0.9), { ...alicesEmail, profile: 'specter' })).rejects.toMatchObject(
      refused,
    );
    expect(await verify(show('p5', 0.9), alicesEmail)).toMatchObject({ profile: { id: stored.id } });
    await engine.organizations.set(engine.organization, { allowedProfiles: null }, operator);
    expect(await verify(show('p6', 0.9), { ...alicesEmail, profile: 'specter' })).toMatchObject({
      verified: true,
    });
  });

  test('coordinates without a country are looked up for a profile with a fence', async () => {
    await enrollAlice();
    const { definition } = await engine.checks.getProfile(engine.organization, 'default');
    await engine.checks.setProfile(
      engine.organization,
      'home',
      { ...definition, geoFence: { countries: ['CH'] } },
      operator,
    );
    const from = (id: string, latitude: number, longitude: number) =>
      verify(show(id, 0.9), { ...alicesEmail, profile: 'home', place: { latitude, longitude } });
    const inside = await from('p0', 47.3769, 8.5417);
    expect(resultOf(inside, 'geoFence')).toMatchObject({ pass: true, score: 1 });
    for (const [id, latitude, longitude, reason] of [
      ['p1', 47.697, 8.69, 'Verification is not allowed from this country.'],
      ['p2', -50, -120, 'No country is known: send a location, or add a site for the network.'],
    ] as const) {
      await expect(from(id, latitude, longitude)).rejects.toMatchObject({
        code: 'CHECK_FAILED',
        extra: { reason },
      });
    }
  });

  test('the strict profiles refuse a call that names no place', async () => {
    await engine.installPad();
    await enrollAlice();
    const strict = { ...alicesEmail, profile: 'strict-finance' };
    await expect(verify(show('p0', 0.95, { live: 0.99 }), strict)).rejects.toMatchObject({
      code: 'CHECK_FAILED',
      extra: { reason: 'No location was given and no site holds the caller’s address.' },
    });
    expect(await verify(show('p1', 0.95, { live: 0.99 }), { ...strict, place: zurich })).toMatchObject({
      verified: true,
    });
  });

  test('frames are judged with the main picture', async () => {
    await enrollAlice();
    const steady = await verify(show('main', 0.95), {
      ...alicesEmail,
      frames: [0, 1, 2].map((i) => show(`f${i}`, 0.95)),
      frameTimes: [0, 100, 200],
    });
    expect(resultOf(steady, 'frameConsistency')).toMatchObject({
      pass: true,
      score: 1,
      details: { pictures: 4, limit: scorerA.calibration.table[3]!.score },
    });
    await expect(
      verify(show('main', 0.95), {
        ...alicesEmail,
        frames: [show('f0', 0.95), show('other', 0.1)],
        frameTimes: [0, 100],
      }),
    ).rejects.toMatchObject({
      code: 'CHECK_FAILED',
      extra: { reason: 'The frames do not show one and the same face.' },
    });
  });

  test('of places, times and devices nothing stands in plain text', async () => {
    await enrollAlice();
    const { definition } = await engine.checks.getProfile(engine.organization, 'default');
    const hours = { days: [1, 2, 3, 4, 5, 6, 7], from: '00:00', to: '00:00' };
    const set = (countries: string[], zone?: string) =>
      engine.checks.setProfile(
        engine.organization,
        'desk',
        {
          ...definition,
          geoFence: { countries },
          timeRestriction: { ...hours, ...(zone === undefined ? {} : { timeZone: zone }) },
        },
        operator,
      );
    const desk = { ...alicesEmail, profile: 'desk', device };
    await set(['CH', 'JP']);
    await verify(show('p0', 0.93), { ...desk, place: zurich });
    engine.advance(HOUR);
    const verdict = await verify(show('p1', 0.93), { ...desk, place: tokyo, actor: operator });
    expect(resultOf(verdict, 'impossibleTravel')).toMatchObject({
      reason: expect.any(String),
      details: { limitKmh: 900 },
    });
    expect(resultOf(verdict, 'geoFence')).toMatchObject({ details: { country: 'JP' } });
    expect(resultOf(verdict, 'timeRestriction')).toMatchObject({ details: { timeZone: 'Asia/Tokyo' } });
    await expect(
      verify(show('p2', 0.93), { ...desk, place: { ...tokyo, timeZone: 'Mars/Olympus' } }),
    ).rejects.toMatchObject({
      code: 'CHECK_FAILED',
      extra: { reason: 'The time zone that was sent is not an IANA name.' },
    });
    await set(['CH']);
    // The refusal names no place.
    const refusal = await verify(show('p3', 0.93), { ...desk, place: tokyo }).catch(
      (error: Problem) => error,
    );
    expect(refusal).toMatchObject({ code: 'CHECK_FAILED' });
    const results = (refusal as Problem).extra.checkResults as CheckResult[];
    expect(results.filter(({ details }) => details !== undefined).map(({ check }) => check)).toEqual([
      'faceQuality',
    ]);

    const rows = await stored();
    expect(rows).toHaveLength(4);
    const bytes = rows
      .flatMap((row) => Object.values(row))
      .map((value) => (value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : String(value)))
      .join('\n');
    const { distanceKm, speedKmh } = resultOf(verdict, 'impossibleTravel')!.details!;
    for (const secret of [
      ...[
        '"JP"',
        '"CH"',
        'country"',
        'Tokyo',
        'Zurich',
        'Mars',
        'timeZone',
        'distanceKm',
        'speedKmh',
        'hours',
      ],
      ...['latitude', '35.68', '139.65', 'Mozilla', 'Firefox', 'linux', 'knownDevices', String(distanceKm)],
      ...[String(speedKmh), '"time"', '"day"'],
    ])
      expect(bytes).not.toContain(secret);
    const kept = JSON.parse(rows[1]!.checks) as CheckResult[];
    expect(
      kept.filter(({ check }) => /impossibleTravel|geoFence|timeRestriction|device/.test(check)),
    ).toEqual([
      {
        check: 'impossibleTravel',
        pass: false,
        score: 0,
        weight: 0.3,
        reason: 'Too far from the last verified location.',
        threshold: 0.5,
        hardFail: false,
      },
      { check: 'deviceConsistency', pass: true, score: 1, weight: 0.1, threshold: 0.3, hardFail: false },
      { check: 'geoFence', pass: true, score: 1, weight: 0.1, threshold: 0.5, hardFail: true },
      { check: 'timeRestriction', pass: true, score: 1, weight: 0.1, threshold: 0.5, hardFail: true },
    ]);
    expect(kept.at(-1)).toMatchObject({ check: 'faceQuality', details: { components: expect.any(Array) } });
  });

  test('every verification that is stored has its audit line, in one transaction', async () => {
    const { subject } = await enrollAlice();
    await verify(show('p0', 0.93), { ...alicesEmail, request: 'req_1' });
    await verify(show('stranger', 0.1));
    await expect(
      verify(engine.analyzer.show('empty', emptyAnalysis('empty')), alicesEmail),
    ).rejects.toMatchObject({ code: 'FACE_NOT_FOUND' });
    const lines = await engine.db
      .selectFrom('audit')
      .selectAll()
      .where('action', '=', 'verification.decide')
      .orderBy('id')
      .execute();
    const ids = (await stored()).map(({ id }) => id);
    const common = { organization: engine.organization, actor: 'key:key_1' };
    expect(lines).toMatchObject([
      { ...common, target: ids[0], outcome: 'done', request: 'req_1' },
      { ...common, target: ids[1], outcome: 'refused', request: null },
      { ...common, target: ids[2], outcome: 'refused', request: null },
    ]);
    expect(lines.map(({ details }) => JSON.parse(details))).toEqual(
      ['1:1', '1:N', '1:1'].map((kind, index) => ({
        world: 'test',
        kind,
        profile: 'builtin:default',
        profileVersion: 2,
        // Only the person that the reply named.
        ...(index === 0 ? { subject } : {}),
      })),
    );
  });

  test('without its audit line no verification is stored, and none is answered', async () => {
    await enrollAlice();
    const mute: Audit = { add: () => Promise.reject(new Error('no audit')) };
    const checks = engine.openChecks({ audit: mute });
    await expect(
      checks.verify({
        organization: engine.organization,
        world: 'test',
        picture: show('p0', 0.93),
        actor: key,
        ...alicesEmail,
      }),
    ).rejects.toThrow('no audit');
    expect(await stored()).toEqual([]);
  });
});
