import { expect, test } from 'vitest';
import type { Schemas } from '../../../sdk/admin/client.ts';
import { describeVerdict } from './verify.ts';

const verified: Schemas['Verdict'] = {
  verificationId: 'ver_1',
  userId: 'sub_1',
  email: 'ada@example.com',
  verified: true,
  confidence: 0.987,
  compositeScore: 0.8055,
  checkResults: [
    { check: 'geoFence', pass: true, score: 0, weight: 0, skipped: 'The profile names no countries.' },
    { check: 'faceQuality', pass: true, score: 0.8055, weight: 0.5, reason: 'Face the camera.' },
  ],
  assurance: 'match-only',
  capture: { source: 'api' },
  match: {
    scorer: 'r',
    score: 0.964,
    pictures: 1,
    shift: 0,
    threshold: 0.9512,
    fmr: 0.0000266,
    holdsFor: 'every-group',
    fnmr: 0.171,
    extrapolated: false,
  },
  identification: {
    gallerySize: 378,
    galleryRate: 0.01,
    holdsFor: 'average',
    matchRate: 0.0000266,
    threshold: 0.9512,
    fnmr: 0.171,
    extrapolated: false,
    ownGallery: 'measured',
  },
  profile: { id: 'builtin:default', slug: 'default', version: 3, maturity: 'proven' },
  models: {},
  timing: { total: 61.4 },
};

test('a name found among many shows the error rates of the threshold, per comparison and per search', () => {
  expect(describeVerdict(verified, 'matched')).toBe(`Verified: ada@example.com, confidence 0.99.

match      0.964; 0.951 is needed (embedding R)
threshold  set so that 1 stranger in 38,000 matches one given person, for every measured group; 1 in 100 gets any name out of 378, on average; 17 in 100 genuine are refused
composite  0.81
assurance  match-only
source     api
profile    default, version 3, proven
time       61 ms

check        outcome  score  weight  note
geoFence     skipped  –      –       The profile names no countries.
faceQuality  pass     0.81   0.5     Face the camera.`);
});

test('a rate that nothing was measured on says so', () => {
  const textOf = (ownGallery: 'not-measured' | 'too-few-people') =>
    describeVerdict({ ...verified, identification: { ...verified.identification!, ownGallery } }, 'matched');
  expect(textOf('not-measured')).toContain('out of 378, on average (not measured yet for these people); ');
  expect(textOf('too-few-people')).toContain('out of 378, on average (too few people to measure it); ');
});

test('a mismatch says so, and what its composite is worth', () => {
  const { identification: _, email: __, userId: ___, ...rest } = verified;
  const mismatch: Schemas['Verdict'] = {
    ...rest,
    verified: false,
    reason: 'Identity not recognised.',
    match: {
      scorer: 'rm',
      shift: 0,
      threshold: 1,
      fmr: 1e-4,
      holdsFor: 'average',
      fnmr: 0.002,
      extrapolated: true,
    },
  };
  expect(describeVerdict(mismatch, 'another').split('\n').slice(0, 5)).toEqual([
    'Not verified: not this person.',
    '',
    'match      below the threshold; 1.000 is needed (embedding R and MobileFaceNet)',
    'threshold  set so that 1 stranger in 10,000 matches one given person, on average; 1 in 500 genuine are refused (extrapolated beyond what was measured)',
    'composite  0.81, picture and context only',
  ]);
  const [first, , match] = describeVerdict(mismatch, 'none').split('\n');
  expect([first, match]).toEqual([
    'Not verified: Identity not recognised.',
    'match      no person close enough; 1.000 is needed (embedding R and MobileFaceNet)',
  ]);
});
