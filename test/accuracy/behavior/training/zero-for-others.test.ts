import { describe, expect, it } from 'vitest';
import { createRandom } from '../../random.ts';
import { zeroForOthers } from './zero-for-others.ts';

const random = createRandom(3);

describe('zeroForOthers', () => {
  it('has fewer other people below it than the plain quantile of few people, and not many fewer of many', () => {
    const uniform = createRandom(11);
    const scores = (people: number) =>
      Array.from({ length: people }, (_, person) => {
        const usual = 3 * uniform();
        const length = 1 + Math.floor(40 * uniform() * uniform());
        return Array.from({ length }, () => ({ person: `p${person}`, z: usual + uniform() }));
      }).flat();
    const others = scores(2_000);
    const below = (zero: number) => others.filter(({ z }) => z < zero).length / others.length;
    const plain = (windows: ReturnType<typeof scores>) => {
      const counts = Map.groupBy(windows, ({ person }) => person);
      let below = 0;
      for (const { person, z } of windows.toSorted((a, b) => a.z - b.z)) {
        below += 1 / counts.get(person)!.length;
        if (below >= 0.01 * counts.size) return z;
      }
      return Number.NaN;
    };
    const draws = Array.from({ length: 60 }, () => scores(60));
    const shareOf = (zero: typeof plain) => draws.reduce((sum, some) => sum + below(zero(some)) / 60, 0);
    expect(shareOf(plain)).toBeGreaterThan(0.014);
    expect(shareOf(zeroForOthers)).toBeLessThan(0.014);
    expect(below(zeroForOthers(scores(1_000)))).toBeGreaterThan(0.007);
  });

  it('does not depend on the order in which windows are read', () => {
    const windows = Array.from({ length: 400 }, (_, i) => ({ person: `p${i % 40}`, z: random() }));
    expect(zeroForOthers(windows.toReversed())).toBe(zeroForOthers(windows));
  });
});
