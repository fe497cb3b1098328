import { expect, test } from 'vitest';
import { builtInProfiles, isLenient } from './built-in-profiles.ts';

test('no built-in profile is lenient; one that turns the check off, lets it fail or lowers it is', () => {
  expect(builtInProfiles.filter(({ definition }) => isLenient(definition))).toEqual([]);
  const { checks } = builtInProfiles[0]!.definition;
  for (const change of [{ enabled: false }, { hardFail: false }, { threshold: 0.49 }])
    expect(isLenient({ checks: { ...checks, liveness: { ...checks.liveness, ...change } } })).toBe(true);
});
