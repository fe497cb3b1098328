import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Engine, operator, sha256, startEngine } from '../../../test/support/engine.ts';
import { direction, near } from '../../../test/support/faces.ts';
import { alice, verifyWith } from '../../../test/support/verify-alice.ts';
import { matchRateForGallery } from '../matching/index.ts';

let engine: Engine;
beforeEach(async () => {
  engine = await startEngine();
});
afterEach(() => engine.stop());
const { show, enrollAlice, enrollOthers, verify } = verifyWith(() => engine);

describe('1:1', () => {
  test('a person is verified, and the whole answer says by what', async () => {
    const { subject } = await enrollAlice();
    const verdict = await verify(show('probe', 0.9), { email: 'Alice@example.com' });
    expect(verdict).toEqual({
      verification: expect.stringMatching(/^ver_/),
      verified: true,
      subject: { id: subject, email: 'alice@example.com' },
      confidence: expect.closeTo(1 / (1 + 10 ** -1.5), 6),
      compositeScore: expect.closeTo(1, 9),
      checkResults: [
        {
          check: 'liveness',
          pass: true,
          score: 0,
          weight: 0,
          skipped: 'No presentation attack detection ran: the test world, match only, or none is installed.',
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
      source: 'api',
      match: {
        scorer: 'r',
        score: expect.closeTo(0.9, 5),
        pictures: 1,
        threshold: expect.closeTo(0.7, 9),
        shift: 0,
        fmr: 1e-3,
        holdsFor: 'average',
        fnmr: expect.closeTo(0.05, 9),
        extrapolated: false,
      },
      profile: { id: 'builtin:default', slug: 'default', version: 3, maturity: 'proven' },
      models: { blazeface: sha256('blazeface').slice(0, 12), 'a-net': sha256('a-net').slice(0, 12) },
      timing: { decode: 2, detect: 3, landmarks: 6, embed: 5, pad: 2, queued: 0, picture: 18, total: 0 },
    });
  });

  test('an unknown e-mail is answered exactly like a mismatch, also where a second embedder is enabled since', async () => {
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
      match: { scorer: 'rm', score: null },
    });
    expect(stranger).not.toHaveProperty('subject');
    for (const other of [unknown, garbled])
      expect({ ...other, verification: '' }).toEqual({ ...stranger, verification: '' });
  });

  test('the threshold is where the profile’s false-match rate lies', async () => {
    await enrollAlice();
    expect(await verify(show('just', 0.701), { email: 'alice@example.com' })).toMatchObject({
      verified: true,
    });
    expect(await verify(show('just not', 0.699), { email: 'alice@example.com' })).toMatchObject({
      verified: false,
    });
  });

  test('templates without embedding B are compared by A, with A’s table', async () => {
    await enrollAlice();
    await engine.models.enable('b-net', { acceptLicenceDoubt: true }, operator);
    const by = async () => (await verify(show('probe', 0.9), { email: 'alice@example.com' })).match.scorer;
    expect(await by()).toBe('r');
    await enrollAlice('test', 'with b');
    expect(await by()).toBe('rm');
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
    for (const cosine of [0.65, 0.699, 0.701, 0.84, 0.9]) {
      const probe = show(`at ${cosine}`, cosine);
      const [named, searched] = [await verify(probe, { email: 'alice@example.com' }), await verify(probe)];
      expect(searched).toMatchObject({
        verified: cosine > 0.7,
        confidence: named.confidence,
        identification: { gallerySize: 10, matchRate: 1e-3 },
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
  });

  test('over no people no person is recognized', async () => {
    expect(await verify(show('probe', 0.9))).toMatchObject({
      verified: false,
      identification: { gallerySize: 0 },
      match: { score: null },
      confidence: 0,
    });
  });

  test('the score of both embedders decides among the nearest by the first', async () => {
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
      match: { scorer: 'rm', score: expect.closeTo(1.85, 4) },
    });
    expect(await verify(probe, { profile: 'specter' })).toMatchObject({
      subject: { email: 'twin@example.com' },
      match: { scorer: 'r' },
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
