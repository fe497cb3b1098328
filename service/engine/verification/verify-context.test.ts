import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Engine, key, operator, scorerR, sha256, startEngine } from '../../../test/support/engine.ts';
import { emptyAnalysis } from '../../../test/support/faces.ts';
import { verifyWith } from '../../../test/support/verify-alice.ts';
import type { Problem } from '../../lib/problem.ts';
import type { Audit } from '../audit/index.ts';
import type { CheckResult } from '../matching/index.ts';

let engine: Engine;
beforeEach(async () => {
  engine = await startEngine();
});
afterEach(() => engine.stop());
const { show, enrollAlice, verify, stored } = verifyWith(() => engine);

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
      details: { pictures: 4, limit: scorerR.calibration.table[3]!.score },
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
        profileVersion: 3,
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
