import { expect, test } from 'vitest';
import { createRandom } from '../../../../../test/accuracy/random.ts';
import { createNormal } from '../../../../../test/support/normal.ts';
import { movementIn } from './repeats.ts';
import { createRestComparison, SAME_REST } from './stretches.ts';
import type { Trace } from './trace.ts';
import { packTrace } from './trace.ts';

/** A head that keeps still: small waves of its own, and a blink when the page asks for it. */
function resting(seed: number, size = 2.2, blinkAt = 4300): (time: number) => number[] {
  const random = createRandom(seed);
  const waves = Array.from({ length: 6 }, () =>
    Array.from({ length: 4 }, () => ({
      size: size * random(),
      length: 110 + 200 * random(),
      from: 7 * random(),
    })),
  );
  return (time) => {
    const blink = Math.max(0, 1 - Math.abs(time - blinkAt) / 150);
    return waves.map((of, d) => {
      const sway = of.reduce((sum, wave) => sum + wave.size * Math.sin(time / wave.length + wave.from), 0);
      return [0, 0, 20, 5, 40, 30][d]! + sway + blink * [0, 2, -15, 0, 0, -4][d]!;
    });
  };
}

/** What a camera reads of it: each number with the noise of another encoding. */
function read(
  movement: (time: number) => number[],
  { seed = 1, seconds = 5.4, pace = 100, noise = 0.7, shown = (at: number) => at } = {},
): Trace {
  const normal = createNormal(seed);
  const at = Array.from({ length: Math.round((seconds * 1000) / pace) }, (_, i) => i * pace + (i % 3) * 7);
  return { at, moments: at.map((time) => movement(shown(time)).map((value) => value + noise * normal())) };
}

const likeness = (fresh: Trace, earlier: Trace) => createRestComparison(fresh)(earlier);

test.each([
  ['as it was', (at: number) => at],
  ['a moment later', (at: number) => at - 640],
  ['slower', (at: number) => 0.94 * at],
  ['faster', (at: number) => 1.11 * at - 300],
  ['backwards', (at: number) => 5400 - at],
])('a face at rest that is shown again %s is found', (_, shown) => {
  for (let seed = 1; seed <= 10; seed++) {
    const person = resting(seed);
    const earlier = read(person, { seed: 2 * seed, seconds: 7 });
    const again = read(person, { seed: 2 * seed + 1, shown });
    expect(likeness(again, earlier)).toBeGreaterThan(SAME_REST);
  }
});

test('two times that faces rest are not alike, though both blink when they are asked to', () => {
  const traces = Array.from({ length: 24 }, (_, i) => read(resting(100 + i), { seed: i }));
  const found = traces.flatMap((one) =>
    traces.filter((other) => other !== one).map((other) => likeness(one, other)),
  );
  expect(Math.max(...found)).toBeLessThan(SAME_REST);
});

test('a blink alone says nothing: a face that shows no more than noise is like none', () => {
  const still = (seed: number) => read(resting(7, 0), { seed });
  for (let seed = 1; seed < 20; seed++)
    expect(likeness(still(seed), still(seed + 100))).toBeLessThan(SAME_REST);
});

test('what is too short, seen too seldom, or of another version is not compared', () => {
  const person = resting(1);
  const whole = read(person);
  expect(likeness(read(person, { seconds: 2.9 }), whole)).toBe(0);
  expect(likeness(whole, read(person, { seconds: 2 }))).toBe(0);
  expect(likeness(whole, read(person, { pace: 400 }))).toBe(0);
  expect(likeness(whole, { at: [], moments: [] })).toBe(0);
  expect(likeness({ at: [], moments: [] }, whole)).toBe(0);
  const other = { at: whole.at, moments: whole.moments.map((moment) => moment.slice(1)) };
  expect(likeness(other, whole)).toBe(0);
});

test('it is compared on the path without motion alone', () => {
  const person = resting(3, 1.8);
  const kept = (seed: number) => packTrace(read(person, { seed, noise: 0.7 }));
  const [again, earlier] = [kept(1), kept(2)];
  expect(movementIn(again, { still: true })(earlier)).toBe(true);
  expect(movementIn(again, { still: false })(earlier)).toBe(false);
  expect(movementIn(again, { still: true })(packTrace(read(resting(4))))).toBe(false);
});
