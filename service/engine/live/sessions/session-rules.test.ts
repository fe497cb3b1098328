import { expect, test } from 'vitest';
import { challengeRules, createChallenges, type Profile } from '../../matching/index.ts';
import { rulesIn } from './session-rules.ts';

const profile = {} as Profile;
const over = (rules: Partial<ReturnType<typeof challengeRules>>) => ({
  rules: () => ({ ...challengeRules(), ...rules }),
});

test.each([
  ['hosted', 'review', 'review'],
  ['hosted', 'allow', 'allow'],
  ['presence', 'review', 'refuse'],
  ['presence', 'allow', 'allow'],
] as const)('without motion, %s with %s: %s', (flow, rule, found) => {
  expect(rulesIn(flow, profile, over({ withoutMotion: rule })).withoutMotion).toBe(found);
});

test.each([
  ['hosted', 'record', 'record'],
  ['hosted', 'review', 'review'],
  ['presence', 'record', 'record'],
  ['presence', 'review', 'refuse'],
] as const)('before a suspect camera, %s with %s: %s', (flow, rule, found) => {
  expect(rulesIn(flow, profile, over({ suspectCamera: rule })).suspectCamera).toBe(found);
});

test.each([
  ['hosted', 'review', 'review'],
  ['presence', 'review', 'refuse'],
] as const)('undecided, %s with %s: %s', (flow, rule, found) => {
  expect(rulesIn(flow, profile, over({ undecided: rule })).undecided).toBe(found);
});

test('where the profile is gone a person decides, and a proof of presence is refused', () => {
  const challenges = createChallenges(() => {});
  const found = { repeats: 'refuse', undecided: 'refuse' };
  expect(rulesIn('hosted', undefined, challenges)).toEqual({
    ...found,
    withoutMotion: 'review',
    suspectCamera: 'review',
  });
  expect(rulesIn('presence', undefined, challenges)).toEqual({
    ...found,
    withoutMotion: 'refuse',
    suspectCamera: 'refuse',
  });
});
