import { describe, expect, it } from 'vitest';
import { createRandom } from '../../random.ts';
import { judgeHalves } from './halves.ts';

const random = createRandom(5);
/** Scores from 0 to 1, people of ten windows each. */
const windows = Array.from({ length: 2_000 }, (_, i) => ({ person: `p${i % 200}`, z: random() }));

describe('judgeHalves', () => {
  it('has about a hundredth of other people below the zero, and all programs that score below every person', () => {
    const { people, most, programs } = judgeHalves(windows, [-1, -2, 0.5, 2]);
    expect(people).toBeGreaterThan(0.004);
    expect(people).toBeLessThan(0.0125);
    expect(most).toBeGreaterThan(people);
    expect(programs).toBe(0.5);
  });

  it('sees where one half of the people is no measure of the other', () => {
    const apart = windows.map(({ person, z }, i) => ({ person, z: i % 200 < 20 ? z - 10 * (i % 200) : z }));
    expect(judgeHalves(apart, []).people).toBeGreaterThan(0.01);
  });

  it('is the same each time, and unknown of one person', () => {
    expect(judgeHalves(windows, [0])).toEqual(judgeHalves(windows, [0]));
    expect(judgeHalves(windows.slice(0, 1), [0]).people).toBeNaN();
  });
});
