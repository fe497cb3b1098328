import { expect, test } from 'vitest';
import { areaUnderCurve, quantile, rateOf, rateOfPeople, shown } from './figures.ts';

test('a rate of windows that all belong to few people has a wider interval than Wilson’s', () => {
  const windows = Array.from({ length: 90 }, (_, i) => ({ person: `p${i % 3}`, hit: i % 3 === 0 }));
  const simple = rateOf(windows, ({ hit }) => hit);
  const ofPeople = rateOfPeople(
    windows,
    ({ person }) => person,
    ({ hit }) => hit,
  );
  expect(ofPeople).toMatchObject({ hits: 30, of: 90, rate: 1 / 3 });
  expect(ofPeople.interval[0]).toBeLessThan(simple.interval[0]);
  expect(ofPeople.interval[1]).toBeGreaterThan(simple.interval[1]);
  expect(shown(rateOf([], () => true))).toBe('none measured');
});

test('the area counts a tie half, and a quantile lies between its neighbors', () => {
  expect(areaUnderCurve([1, 2, 3], [0, 0])).toBe(1);
  expect(areaUnderCurve([1, 2], [1, 2])).toBe(0.5);
  expect(areaUnderCurve([0], [1])).toBe(0);
  expect(quantile([4, 1, 3, 2], 0.5)).toBe(2.5);
});
