import { expect, test } from 'vitest';
import { probabilityOf } from '../logistic.ts';
import { createRandom } from '../random.ts';
import { fit, logOdds, type ScoredSession, weighted } from './fit.ts';
import { reliabilityOf } from './reliability.ts';

/** Sessions whose true log-odds are `base + a · logit(liveness) + b · logit(pad)`. */
function drawn(n: number, { base, a, b }: { base: number; a: number; b: number }): ScoredSession[] {
  const random = createRandom(7);
  return Array.from({ length: n }, (_, i) => {
    const [liveness, pad] = [0.02 + 0.96 * random(), 0.02 + 0.96 * random()];
    const human = random() < probabilityOf(base + a * logOdds(liveness) + b * logOdds(pad));
    return { human, source: `s${i}`, kind: human ? 'living' : 'print', passed: true, liveness, pad };
  });
}

test('the weights that the sessions were drawn with are found', () => {
  const sessions = drawn(20_000, { base: 0, a: 1.5, b: 0.5 });
  const found = fit(weighted(sessions), ['liveness', 'pad']);
  expect(found.liveness).toBeCloseTo(1.5, 1);
  expect(found.pad).toBeCloseTo(0.5, 1);
  expect(found.base).toBeCloseTo(0, 1);
  const held = weighted(drawn(10_000, { base: 0, a: 1.5, b: 0.5 }));
  expect(reliabilityOf(held, found).error).toBeLessThan(0.02);
});

test('people and attacks count the same, and so do a person with one session and one with many', () => {
  const one = (human: boolean, source: string, kind: string): ScoredSession => ({
    human,
    source,
    kind,
    passed: human,
    liveness: 0.5,
  });
  const sessions = [
    ...[one(true, 'anna', 'living'), one(true, 'anna', 'living'), one(true, 'bert', 'living')],
    ...[one(false, 'x', 'print'), one(false, 'y', 'print'), one(false, 'x', 'puppet')],
  ];
  const weights = weighted(sessions).map(({ source, kind, weight }) => [source, kind, weight]);
  expect(weights).toEqual([
    ...[
      ['anna', 'living', 0.125] as const,
      ['anna', 'living', 0.125] as const,
      ['bert', 'living', 0.25] as const,
    ],
    ...[['x', 'print', 0.125] as const, ['y', 'print', 0.125] as const, ['x', 'puppet', 0.25] as const],
  ]);
});

test('few people, all of them above every attack, give no certainty', () => {
  const sessions: ScoredSession[] = [0, 1, 2, 3].flatMap((i) => [
    { human: true, source: `p${i}`, kind: 'living', passed: true, liveness: 0.9 },
    { human: false, source: `a${i}`, kind: 'print', passed: false, liveness: 0.2 },
  ]);
  const { base, liveness } = fit(weighted(sessions), ['liveness']);
  expect(probabilityOf(base + liveness * logOdds(0.9))).toBeCloseTo(5 / 6, 3);
  expect(probabilityOf(base + liveness * logOdds(0.2))).toBeCloseTo(1 / 6, 3);
});

test('a score that is higher for attacks is left out', () => {
  const sessions = drawn(5000, { base: 0, a: 1, b: -0.5 });
  expect(fit(weighted(sessions), ['liveness', 'pad'])).toMatchObject({ pad: 0 });
});

test('without attacks there is nothing to fit', () => {
  const human = drawn(50, { base: 0, a: 1, b: 1 }).filter((one) => one.human);
  expect(() => fit(weighted(human), ['liveness'])).toThrow('people and attacks');
});
