import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type Presentation,
  pointAt,
  pointForAllAttacks,
  pointForEverySpecies,
  pointOnHeldOutPeople,
  separation,
} from './presentation-rates.ts';

const live = (...scores: number[]): Presentation[] =>
  scores.map((score, i) => ({ live: score, person: `live-${i}` }));
const attack = (species: string, ...scores: number[]): Presentation[] =>
  scores.map((score, i) => ({ live: score, species, person: `${species}-${i}` }));

test('errors are counted by species', () => {
  const point = pointAt(
    [...live(0.9, 0.8, 0.4, 0.7), ...attack('print', 0.1, 0.6), ...attack('screen', 0.2, 0.3)],
    0.5,
  );
  expect(point).toMatchObject({
    threshold: 0.5,
    apcer: { print: { rate: 0.5, attacks: 2 }, screen: { rate: 0, attacks: 2 } },
    worst: 0.5,
    bpcer: 0.25,
  });
});

test('the threshold for all attacks may let one species pass that the one for every species does not', () => {
  const set = [
    ...live(0.95, 0.55),
    ...attack('print', ...Array(18).fill(0.1)),
    ...attack('screen', 0.5, 0.6),
  ];
  expect(pointForAllAttacks(set, 0.1)).toMatchObject({ worst: 1, bpcer: 0, apcer: { print: { rate: 0 } } });
  expect(pointForEverySpecies(set, 0.1)).toMatchObject({ worst: 0, bpcer: 0.5, threshold: 0.8 });
});

test('attacks of one score pass together or not at all', () => {
  expect(pointForAllAttacks([...live(0.9), ...attack('print', 0.9, 0.9, 0.1)], 0.5)).toMatchObject({
    worst: 0,
  });
  expect(pointForAllAttacks([...live(1), ...attack('print', 1)], 0.05)).toMatchObject({ worst: 0, bpcer: 1 });
});

describe('separation', () => {
  test('is whole for scores that do not overlap, none for equal ones, negative for inverted ones', () => {
    const of = (set: Presentation[]) => {
      const { auc, eer } = separation(set);
      return [auc.value, eer.value];
    };
    expect(of([...live(0.8, 0.9), ...attack('print', 0.1, 0.2)])).toEqual([1, 0]);
    expect(of([...live(0.5, 0.5), ...attack('print', 0.5, 0.5)])).toEqual([0.5, 0.5]);
    expect(of([...live(0.1, 0.2), ...attack('print', 0.8, 0.9)])).toEqual([0, 1]);
  });

  test('equals the share of pairs in the right order, and lies in its interval', () => {
    const scores = fc.array(fc.integer({ min: 0, max: 20 }), { minLength: 5, maxLength: 20, size: 'max' });
    fc.assert(
      fc.property(scores, scores, (people, attacks) => {
        const { auc } = separation([
          ...live(...people.map((score) => score / 20)),
          ...attack('print', ...attacks.map((score) => score / 20)),
        ]);
        const pairs = people.flatMap((a) => attacks.map((b) => (a > b ? 1 : a === b ? 0.5 : 0)));
        expect(auc.value).toBeCloseTo(pairs.reduce((sum: number, pair) => sum + pair, 0) / pairs.length, 9);
        expect(auc.interval[0]).toBeLessThanOrEqual(auc.value);
        expect(auc.interval[1]).toBeGreaterThanOrEqual(auc.value);
      }),
      { numRuns: 20 },
    );
  });

  test('is less sure when the pictures are of fewer people', () => {
    // The same scores; equal ones belong to one person, or each person has one picture.
    const set = (picturesEach: number): Presentation[] =>
      Array.from({ length: 30 }, (_, i) => [
        { live: i / 60 + 0.2, person: `live ${Math.floor(i / picturesEach)}` },
        { live: i / 60, person: `attack ${Math.floor(i / picturesEach)}`, species: 'print' },
      ]).flat();
    const width = ({ interval }: { interval: [number, number] }) => interval[1] - interval[0];
    expect(width(separation(set(10)).auc)).toBeGreaterThan(width(separation(set(1)).auc));
  });
});

test('held-out people are judged by a threshold that others set', () => {
  // Each person's attacks score a tenth apart; the last person's are far above all others.
  const presentations = ['a', 'b', 'c', 'd', 'e'].flatMap((person, i) => [
    { person, live: 0.95 },
    ...[0.1, 0.2].map((live) => ({ person, species: 'print', live: i === 4 ? live + 0.7 : live })),
  ]);
  const found = pointOnHeldOutPeople(presentations, 0);
  expect(found).toMatchObject({ folds: 5, apcer: 0.2, bpcer: 0 });
  expect(found.thresholds[0]).toBeLessThan(found.thresholds[1]);
  // Chosen on the same people, nothing passes: that is what the folds are for.
  expect(pointForAllAttacks(presentations, 0).apcer.print!.rate).toBe(0);
});
