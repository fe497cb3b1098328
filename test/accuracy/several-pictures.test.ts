import { expect, test } from 'vitest';
import { meanDirection } from '../../service/lib/vectors.ts';
import { direction, near } from '../support/faces.ts';
import { ratesAt } from './error-rates.ts';
import { allCosines, compareSets, compareSingles } from './several-pictures.ts';

/** Three, two and four pictures of three people. */
const personOf = [0, 0, 0, 1, 1, 2, 2, 2, 2];
const vectors = personOf.map((person, i) => near(direction(`p${person}`, 16), 0.8, `v${i}`));
const others = personOf.map((person, i) => near(direction(`q${person}`, 24), 0.7, `w${i}`));
const terms = [
  { weight: 10, offset: 0.9, cosines: allCosines(vectors) },
  { weight: 1, offset: 0, cosines: allCosines(others) },
];
const dot = (a: Float32Array, b: Float32Array) => a.reduce((sum, value, i) => sum + value * b[i]!, 0);

test('a mean of pictures scores as its vector does, against every picture that is not in it', () => {
  const { genuine, impostor, impostors, pictures, means } = compareSets(personOf, terms, 2);
  expect([pictures, means]).toEqual([Int32Array.of(3, 2, 4), Int32Array.of(3, 1, 6)]);
  const expected: { same: number[]; other: number[] } = { same: [], other: [] };
  for (let i = 0; i < personOf.length; i++) {
    for (let j = i + 1; j < personOf.length; j++) {
      if (personOf[i] !== personOf[j]) continue;
      const mean = [vectors, others].map((of) => meanDirection([of[i]!, of[j]!]));
      for (let probe = 0; probe < personOf.length; probe++) {
        if (probe === i || probe === j) continue;
        const score = 10 * (dot(mean[0]!, vectors[probe]!) - 0.9) + dot(mean[1]!, others[probe]!);
        (personOf[probe] === personOf[i] ? expected.same : expected.other).push(score);
      }
    }
  }
  const falling = (list: number[]) => list.sort((a, b) => b - a);
  expect(genuine.score).toHaveLength(expected.same.length);
  expect(impostors).toBe(expected.other.length);
  for (const [i, score] of falling(expected.same).entries()) expect(genuine.score[i]).toBeCloseTo(score, 5);
  for (const [i, score] of falling(expected.other).entries()) expect(impostor.score[i]).toBeCloseTo(score, 5);
});

test('the best of several scores as the best of its pictures, and a set of one as a single picture', () => {
  const best = compareSets(personOf, terms, 4, 'best');
  expect([best.genuine.score.length, best.impostors]).toEqual([0, 5]);
  const singles = compareSingles(personOf, terms);
  const sets = compareSets(personOf, terms, 1);
  // Each pair is met from both sides.
  expect(sets.impostors).toBe(2 * singles.impostors);
  expect(sets.genuine.score).toHaveLength(2 * singles.genuine.score.length);
  for (const [i, score] of sets.genuine.score.entries())
    expect(score).toBeCloseTo(singles.genuine.score[Math.floor(i / 2)]!, 6);
  for (const threshold of [-5, -2, 0, 0.5])
    expect(ratesAt(sets, threshold).fmr).toBeCloseTo(ratesAt(singles, threshold).fmr, 9);
});
