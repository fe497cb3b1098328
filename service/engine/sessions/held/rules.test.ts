import { expect, test } from 'vitest';
import type { Profile } from '../../profiles/index.ts';
import { suspectCameraIn, withoutMotionIn } from './rules.ts';

const profile = {} as Profile;

test.each([
  ['hosted', 'review', 'review'],
  ['hosted', 'allow', 'allow'],
  ['presence', 'review', 'refuse'],
  ['presence', 'allow', 'allow'],
] as const)('without motion, %s with %s: %s', (flow, rule, found) => {
  expect(withoutMotionIn(flow, profile, { withoutMotion: () => rule })).toBe(found);
});

test.each([
  ['hosted', 'record', 'record'],
  ['hosted', 'review', 'review'],
  ['presence', 'record', 'record'],
  ['presence', 'review', 'refuse'],
] as const)('before a suspect camera, %s with %s: %s', (flow, rule, found) => {
  expect(suspectCameraIn(flow, profile, { suspectCamera: () => rule })).toBe(found);
});

test('where the profile is gone a person decides, and a proof of presence is refused', () => {
  const never = (): never => {
    throw new Error('There is no profile to ask.');
  };
  for (const [flow, found] of [
    ['hosted', 'review'],
    ['presence', 'refuse'],
  ] as const) {
    expect(withoutMotionIn(flow, undefined, { withoutMotion: never })).toBe(found);
    expect(suspectCameraIn(flow, undefined, { suspectCamera: never })).toBe(found);
  }
});
