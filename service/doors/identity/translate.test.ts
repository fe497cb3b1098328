import { describe, expect, test } from 'vitest';
import type { KeyId, OrganizationId, SubjectId, VerificationId } from '../../lib/id.ts';
import { Problem } from '../../lib/problem.ts';
import { fromRefusal, fromVerdict, toEnrollCommand, toVerifyCommand } from './translate.ts';
import { pictureLimits } from './wire.ts';
import { VerifyReply } from './wire-replies.ts';

const circumstances = {
  caller: {
    who: { is: 'key' as const, key: 'key_1' as KeyId },
    organization: 'org_1' as OrganizationId,
    world: 'live' as const,
  },
  requestId: 'req_1',
  address: '10.0.0.1',
  signal: new AbortController().signal,
};
const common = {
  signal: circumstances.signal,
  organization: 'org_1',
  world: 'live',
  actor: { is: 'key', key: 'key_1' },
  request: 'req_1',
};

describe('toVerifyCommand', () => {
  test('of the least there can be has no empty fields', async () => {
    const command = await toVerifyCommand({ image: 'AAAA' }, circumstances);
    expect(command).toEqual({ ...common, address: '10.0.0.1', picture: Buffer.alloc(3) });
    expect(Object.values(command)).not.toContain(undefined);
  });

  test('of everything', async () => {
    expect(
      await toVerifyCommand(
        {
          image: new Uint8Array([1]),
          email: 'alice@example.com',
          profile: 'strict-finance',
          deviceInfo: { userAgent: 'x', cameraWidth: undefined },
          location: { latitude: 1, longitude: 2, country: 'ch', timeZone: undefined },
          frames: ['AAAA', new Uint8Array([2])],
          frameTimes: [0, 1],
        },
        circumstances,
      ),
    ).toStrictEqual({
      ...common,
      address: '10.0.0.1',
      picture: new Uint8Array([1]),
      email: 'alice@example.com',
      profile: 'strict-finance',
      device: { userAgent: 'x' },
      place: { latitude: 1, longitude: 2, country: 'CH' },
      frames: [Buffer.alloc(3), new Uint8Array([2])],
      frameTimes: [0, 1],
    });
  });

  test('names the file that is too large', async () => {
    const large = new Uint8Array(pictureLimits.frame + 1);
    await expect(
      toVerifyCommand({ image: large, frames: ['AAAA', large] }, circumstances),
    ).rejects.toMatchObject({
      code: 'IMAGE_TOO_LARGE',
      extra: { details: [{ path: 'frames.1', message: 'At most 1 MiB.' }] },
    });
    await expect(
      toEnrollCommand(
        { image: new Uint8Array(pictureLimits.image + 1), email: 'a@b.example' },
        circumstances,
      ),
    ).rejects.toMatchObject({ code: 'IMAGE_TOO_LARGE', extra: { details: [{ path: 'image' }] } });
  });
});

describe('fromVerdict', () => {
  const verdict = {
    verification: 'ver_1' as VerificationId,
    verified: false,
    subject: { id: 'sub_1' as SubjectId, email: 'alice@example.com' },
    reason: 'Identity not recognised',
    confidence: 0.49996,
    compositeScore: 1 / 3,
    checkResults: [
      {
        check: 'impossibleTravel' as const,
        pass: false,
        score: 1e-9,
        weight: 1.2,
        reason: 'Too fast.',
        details: { kilometres: 1234.56789, legs: [{ rate: 1.23456e-7, from: 'ZRH', none: null }] },
      },
    ],
    assurance: 'match-only' as const,
    source: 'api' as const,
    match: {
      scorer: 'r',
      score: 0.91234,
      pictures: 2,
      shift: 0,
      threshold: 0.93,
      fmr: 1.00049e-7,
      holdsFor: 'every-group' as const,
      fnmr: 0.05,
      extrapolated: true,
    },
    profile: { id: 'prof_1', slug: 'own', version: 3, maturity: 'experimental' },
    models: { dlib: '0123456789ab' },
    timing: { total: 12.345 },
  };

  test('never names a person who was not verified, nor the score of the match', () => {
    const reply = fromVerdict(verdict);
    expect(VerifyReply.parse(reply)).toEqual({
      verified: false,
      reason: 'Identity not recognised',
      confidence: 0.5,
      compositeScore: 0.3333,
      checkResults: [
        {
          check: 'impossibleTravel',
          pass: false,
          score: 0,
          weight: 1.2,
          reason: 'Too fast.',
          details: { kilometres: 1235, legs: [{ rate: 1.235e-7, from: 'ZRH', none: null }] },
        },
      ],
      assurance: 'match-only',
      capture: { source: 'api' },
      verificationId: 'ver_1',
      profile: { id: 'prof_1', slug: 'own', version: 3, maturity: 'experimental' },
      match: {
        scorer: 'r',
        threshold: 0.93,
        fmr: 1e-7,
        holdsFor: 'every-group',
        fnmr: 0.05,
        extrapolated: true,
      },
      models: { dlib: '0123456789ab' },
      timing: { total: 12.3 },
    });
    expect(JSON.stringify(reply)).not.toMatch(/alice|sub_1|0\.912/);
  });

  test('gives the number of deciding pictures and the gallery’s shift of the threshold only in a success', () => {
    const matched = { ...verdict, verified: true, match: { ...verdict.match, pictures: 3, shift: 0.04127 } };
    const reply = VerifyReply.parse(fromVerdict(matched));
    expect(reply.match).toEqual({
      scorer: 'r',
      threshold: 0.93,
      fmr: 1e-7,
      holdsFor: 'every-group',
      fnmr: 0.05,
      extrapolated: true,
      pictures: 3,
      shift: 0.0413,
    });
    const refused = VerifyReply.parse(fromVerdict({ ...matched, verified: false }));
    expect(Object.keys(refused.match)).toEqual([
      'scorer',
      'threshold',
      'fmr',
      'holdsFor',
      'fnmr',
      'extrapolated',
    ]);
    const compared = { ...matched, match: { ...matched.match, pictures: null } };
    expect(fromVerdict(compared).match).not.toHaveProperty('pictures');
  });
});

test('a refusal has a reason for the person even where the engine gave none', () => {
  expect(fromRefusal(new Problem('FACE_NOT_FOUND', 'No face.'))).toEqual({ reason: 'No face.' });
  expect(
    fromRefusal(
      new Problem('CHECK_FAILED', 'Refused.', {
        reason: 'Hold still.',
        checkResults: [{ check: 'liveness', pass: false, score: 0.123456, weight: 1 }],
      }),
    ),
  ).toEqual({
    reason: 'Hold still.',
    checkResults: [{ check: 'liveness', pass: false, score: 0.1235, weight: 1 }],
  });
});
