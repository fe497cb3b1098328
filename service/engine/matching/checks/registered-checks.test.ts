import { describe, expect, test } from 'vitest';
import type { Rule } from './check.ts';
import { applyRule, type CheckName } from './registered-checks.ts';

const rule = (more: Partial<Rule> = {}): Rule => ({
  enabled: true,
  weight: 1,
  threshold: 0.5,
  hardFail: false,
  ...more,
});
const hard = rule({ hardFail: true });
const absent = { skipped: 'Nothing was sent.', missing: true } as const;
const skipped = (check: CheckName) => ({
  check,
  pass: true,
  score: 0,
  weight: 0,
  skipped: 'Nothing was sent.',
});
const failed = (check: CheckName) => ({
  check,
  pass: false,
  score: 0,
  weight: 1,
  reason: 'Nothing was sent.',
  details: { inputMissing: true },
});

describe('a check without its input', () => {
  test.each<CheckName>(['geoFence', 'timeRestriction', 'impossibleTravel'])(
    '%s fails where it is a hard one, and is skipped where it is not',
    (check) => {
      expect(applyRule(check, hard, absent)).toEqual(failed(check));
      expect(applyRule(check, rule(), absent)).toEqual(skipped(check));
    },
  );

  test.each<CheckName>(['frameConsistency', 'deviceConsistency'])('%s is skipped, hard or not', (check) => {
    expect(applyRule(check, hard, absent)).toEqual(skipped(check));
    expect(applyRule(check, rule(), absent)).toEqual(skipped(check));
  });

  test('follows what the profile says', () => {
    expect(applyRule('geoFence', { ...hard, whenMissing: 'skip' }, absent)).toEqual(skipped('geoFence'));
    expect(applyRule('deviceConsistency', rule({ whenMissing: 'fail' }), absent)).toEqual(
      failed('deviceConsistency'),
    );
  });

  test('is skipped where nothing is missing that a caller could send', () => {
    const { missing: _, ...first } = absent;
    expect(applyRule('impossibleTravel', { ...hard, whenMissing: 'fail' }, first)).toEqual(
      skipped('impossibleTravel'),
    );
  });
});
