import { expect, test } from 'vitest';
import { builtInProfiles } from '../../engine/matching/index.ts';
import { livenessFigures } from './profile.ts';

const of = (slug: string) => builtInProfiles.find((profile) => profile.slug === slug)!.definition;

test('default shows its figures with data and date, and marks those measured elsewhere', () => {
  const [rule, here, elsewhere] = livenessFigures(of('default'));
  expect(rule).toBe('refuses below 0.5 of the calibrated live score');
  expect(here).toMatch(/^minifasnet-pair: \d+\.\d % of attack pictures pass.*Replay-Attack.*2026-/);
  expect(elsewhere).toContain('measured elsewhere');
});

test('strict profiles refuse where 5 % of attack pictures pass; phantom has the figures of its own set', () => {
  expect(livenessFigures(of('strict-finance'))[0]).toBe(
    'refuses below 0.5 of a scale on which 5 % of attack pictures pass at 0.5',
  );
  expect(livenessFigures(of('strict-finance'))[1]).toContain(': 5.0 % of attack pictures pass');
  expect(livenessFigures(of('phantom'))[1]).toMatch(/^minifasnet-v2: 5\.0 %/);
});

test('a profile of an organization that lets failed liveness pass says so', () => {
  const { checks, ...rest } = of('default');
  const lenient = { ...rest, checks: { ...checks, liveness: { ...checks.liveness, hardFail: false } } };
  expect(livenessFigures(lenient)[0]).toContain('VERIFIES WHERE LIVENESS FAILS');
});
