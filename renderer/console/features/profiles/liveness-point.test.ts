import { expect, test } from 'vitest';
import { livenessPoint } from './liveness-point.ts';

const set = {
  points: [
    { at: 'half' as const, score: 0.5, apcer: 0.078, bpcer: 0.067 },
    { at: 'apcer5' as const, score: 0.64, apcer: 0.05, bpcer: 0.1 },
  ],
};
const profile = (threshold: number, livenessScale?: 'live' | 'apcer5') => ({
  checks: { liveness: { threshold } },
  models: livenessScale === undefined ? {} : { livenessScale },
});

test('profiles of both scales are kept apart: 0.5 of the strict one is the threshold at which 5 % of attacks pass', () => {
  expect(livenessPoint(profile(0.5, 'live'), set)).toEqual({ score: 0.5, refused: 0.067 });
  expect(livenessPoint(profile(0.5, 'apcer5'), set)).toEqual({ score: 0.64, refused: 0.1 });
  expect(livenessPoint(profile(0.5), set)).toEqual({ score: 0.64, refused: 0.1 });
});

test('another threshold has no measured share; on the strict scale it is said where 0.5 is', () => {
  expect(livenessPoint(profile(0.7, 'live'), set)).toEqual({ score: 0.7 });
  expect(livenessPoint(profile(0.7, 'apcer5'), set)).toEqual({ half: 0.64 });
});

test('without the models nothing is said of the strict scale', () => {
  expect(livenessPoint(profile(0.5, 'live'), undefined)).toEqual({ score: 0.5 });
  expect(livenessPoint(profile(0.5), undefined)).toBeUndefined();
});
