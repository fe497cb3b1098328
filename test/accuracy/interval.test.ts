import { expect, test } from 'vitest';
import { clusterBootstrap, wilsonInterval } from './interval.ts';
import { createRandom } from './random.ts';

const rounded = (interval: [number, number]) => interval.map((end) => Number(end.toFixed(4)));

test("Wilson's interval agrees with published values and knows the ends", () => {
  // Newcombe 1998, table I: 81/263, 15/148, 0/20, 1/29.
  expect([
    rounded(wilsonInterval(81, 263)),
    rounded(wilsonInterval(15, 148)),
    rounded(wilsonInterval(0, 20)),
    rounded(wilsonInterval(1, 29)),
    wilsonInterval(20, 20)[1],
    wilsonInterval(0, 0),
  ]).toEqual([[0.2553, 0.3662], [0.0624, 0.1605], [0, 0.1611], [0.0061, 0.1718], 1, [0, 1]]);
});

test('a bootstrap of a mean has the width that theory gives it, and is the same again', () => {
  const random = createRandom(7);
  const values = Array.from({ length: 400 }, () => random());
  const mean = (drawn: Uint16Array) => [values.reduce((sum, value, i) => sum + value * drawn[i]!, 0) / 400];
  const options = { replicates: 2000, seed: 1 };
  const [[low, high]] = clusterBootstrap(400, mean, options) as [[number, number]];
  const expected = 2 * 1.96 * Math.sqrt(1 / 12 / 400);
  expect((high - low) / expected).toBeGreaterThan(0.9);
  expect((high - low) / expected).toBeLessThan(1.1);
  expect(clusterBootstrap(400, mean, options)).toEqual([[low, high]]);
  expect(clusterBootstrap(400, mean, { ...options, seed: 2 })).not.toEqual([[low, high]]);
});

test('draws that measure nothing are left out', () => {
  const [interval] = clusterBootstrap(3, (drawn) => [drawn[0] === 0 ? Number.NaN : 4], {
    replicates: 50,
    seed: 1,
  });
  expect(interval).toEqual([4, 4]);
});

test('the random numbers are uniform in [0, 1) and differ by seed', () => {
  const random = createRandom(3);
  const counts = new Array(10).fill(0);
  for (let i = 0; i < 10_000; i++) counts[Math.floor(random() * 10)] += 1;
  expect(Math.min(...counts)).toBeGreaterThan(900);
  expect(Math.max(...counts)).toBeLessThan(1100);
  expect(createRandom(1)()).not.toBe(createRandom(2)());
});
