import { expect, test } from 'vitest';
import type { Schemas } from '../../../sdk/admin/client.ts';
import { describeVerdict } from './verdict-text.ts';

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
  match: {
    scorer: 'a',
    score: 0.964,
    pictures: 1,
    shift: 0,
    threshold: 0.9512,
    fmr: 0.0000266,
    fnmr: 0.171,
    extrapolated: false,
  },
  identification: {
    gallerySize: 378,
    galleryRate: 0.01,
    matchRate: 0.0000266,
    threshold: 0.9512,
    fnmr: 0.171,
    extrapolated: false,
  },
  profile: { id: 'builtin:default', slug: 'default', version: 2, maturity: 'proven' },
  models: {},
  timing: { total: 61.4 },
};

test('a name found among many shows the error rates of the threshold, per comparison and per search', () => {
  expect(describeVerdict(verified, 'matched')).toBe(`Verified: ada@example.com, confidence 0.99.

match      0.964; 0.951 is needed (embedding A)
threshold  set so that 1 stranger in 38,000 matches one given person; 1 in 100 gets any name out of 378; 17 in 100 genuine are refused
composite  0.81
assurance  match-only
profile    default, version 2, proven
time       61 ms

check        outcome  score  weight  note
geoFence     skipped  –      –       The profile names no countries.
faceQuality  pass     0.81   0.5     Face the camera.`);
});

test('a mismatch says so, and what its composite is worth', () => {
  const { identification: _, email: __, userId: ___, ...rest } = verified;
  const mismatch: Schemas['Verdict'] = {
    ...rest,
    verified: false,
    reason: 'Identity not recognised.',
    match: {
      scorer: 'fused',
      shift: 0,
      threshold: 1,
      fmr: 1e-4,
      fnmr: 0.002,
      extrapolated: true,
    },
  };
  expect(describeVerdict(mismatch, 'another').split('\n').slice(0, 5)).toEqual([
    'Not verified: not this person.',
    '',
    'match      below the threshold; 1.000 is needed (embeddings A and B)',
    'threshold  set so that 1 stranger in 10,000 matches one given person; 1 in 500 genuine are refused (extrapolated beyond what was measured)',
    'composite  0.81, picture and context only',
  ]);
  const [first, , match] = describeVerdict(mismatch, 'none').split('\n');
  expect([first, match]).toEqual([
    'Not verified: Identity not recognised.',
    'match      no person close enough; 1.000 is needed (embeddings A and B)',
  ]);
});
