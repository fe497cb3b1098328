import { expect, test } from 'vitest';
import { type Check, type PersonalInputs, type PictureInputs, rule } from './check.ts';
import {
  type CheckResult,
  type CheckSettings,
  checkNames,
  keptResults,
  registeredChecks,
} from './registered-checks.ts';

const described = { name: 'madeUp', defaultRule: rule(1, 0.5), sentence: 'Made up.' };

test('a check that reads personal data has to say what is stored of it: the types refuse one that does not', () => {
  const personal = ({ place }: PersonalInputs) => ({ score: place ? 1 : 0 });
  const picture = ({ main }: PictureInputs) => ({ score: main.face ? 1 : 0 });
  // @ts-expect-error: it reads a place and has no storedReason
  const leaking: Check = { ...described, run: personal };
  const allowed: Check[] = [
    { ...described, run: personal, storedReason: 'Not from there.' },
    { ...described, run: picture },
  ];
  expect([leaking, ...allowed]).toHaveLength(3);
});

test('of every check that reads personal data nothing that it found is stored but its score', () => {
  for (const check of registeredChecks) {
    const result: CheckResult = {
      check: check.name,
      pass: false,
      score: 0.25,
      weight: 1,
      reason: 'Seen in Reykjavík.',
      details: { country: 'IS' },
    };
    const [failed, skipped] = keptResults([result, { ...result, skipped: 'Not since Reykjavík.' }]);
    const storedReason = 'storedReason' in check ? check.storedReason : undefined;
    if (storedReason === undefined) expect(failed).toEqual(result);
    else {
      const { details, ...kept } = result;
      expect(failed).toEqual({ ...kept, reason: storedReason });
      expect(skipped).toEqual({ ...kept, reason: storedReason, skipped: 'Not enough was known.' });
    }
  }
});

test('the checks about a place, a time or a device are the personal ones', () => {
  const personal = registeredChecks.filter((check) => 'storedReason' in check).map(({ name }) => name);
  expect(personal).toEqual(['impossibleTravel', 'deviceConsistency', 'geoFence', 'timeRestriction']);
});

test('names are unique, and the settings of a profile have the types of the checks that read them', () => {
  expect(new Set(checkNames).size).toBe(checkNames.length);
  const settings: Pick<CheckSettings, 'geoFence' | 'refuseQuality' | 'models'> = {
    // @ts-expect-error: a list of countries
    geoFence: { countries: 'IS' },
    refuseQuality: [],
    models: { livenessScale: 'live' },
  };
  expect(settings.refuseQuality).toEqual([]);
});
