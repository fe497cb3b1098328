import { expect, test } from 'vitest';
import { type CheckResult, compositeReason } from './registered-checks.ts';

const ran = (check: CheckResult['check'], score: number, more: Partial<CheckResult> = {}): CheckResult => ({
  check,
  pass: true,
  score,
  weight: 1,
  ...more,
});
const photograph = 'The picture looks like a photograph or a screen: take a new one with the camera.';

test.each<[string, CheckResult[], string]>([
  [
    'the lowest leads, in words for the person',
    [
      ran('liveness', 0.1, { reason: 'The picture looks like a photograph or a screen.' }),
      ran('faceQuality', 0.9),
    ],
    photograph,
  ],
  [
    'advice on the picture is passed on unchanged',
    [ran('liveness', 0.4), ran('faceQuality', 0.2, { reason: 'Move closer.' })],
    'Move closer.',
  ],
  [
    'a check that has nothing to say is spoken for',
    [ran('liveness', 0.9), ran('deviceConsistency', 0.3)],
    'This device is not one that this person has used before.',
  ],
  [
    'of two as low the heavier leads',
    [ran('impossibleTravel', 0, { weight: 0.3 }), ran('liveness', 0, { weight: 6 })],
    photograph,
  ],
  [
    'what did not run or has no weight does not lead',
    [
      ran('geoFence', 0, { weight: 0, skipped: 'No country is known.' }),
      ran('frameConsistency', 0, { weight: 0 }),
      ran('liveness', 0.2),
    ],
    photograph,
  ],
  ['with nothing to blame', [], 'The combined score of the checks is below the minimum of the profile.'],
])('%s, without figures', (_, results, reason) => {
  expect(compositeReason(results)).toBe(reason);
});
