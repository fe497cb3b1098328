import { expect, test } from 'vitest';
import { wilsonInterval } from '../interval.ts';
import {
  areaOf,
  areaUnderCurve,
  limitAt,
  quantile,
  rateOf,
  rateOfCounts,
  rateOfPeople,
  shown,
} from './figures.ts';
import { authorsOf, shownAuthors } from './sets/data-set.ts';

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

test('where no window of anyone is a hit, people are the trials', () => {
  const windows = Array.from({ length: 1_317 }, (_, i) => ({ person: `p${i % 85}` }));
  const rate = (hit: boolean) =>
    rateOfPeople(
      windows,
      ({ person }) => person,
      () => hit,
    );
  expect(rate(false)).toMatchObject({ hits: 0, of: 1_317, interval: wilsonInterval(0, 85) });
  expect(rate(true)).toMatchObject({ hits: 1_317, interval: wilsonInterval(85, 85) });
});

test('the windows of one person say as much as one trial', () => {
  const { interval } = rateOfCounts([
    { hits: 10, of: 100 },
    { hits: 0, of: 0 },
  ]);
  expect(interval).toEqual(wilsonInterval(0.1, 1));
});

test('people of two sets are two, whatever their sets call them', () => {
  const authors = [
    { set: 'balabit', person: 'user9' },
    { set: 'sapimouse', person: 'user9' },
    { set: 'balabit-more', person: 'user20' },
    { set: 'balabit-more', person: 'user20' },
    { set: 'webbot', person: 'session-1' },
  ] as const;
  expect(shownAuthors(authorsOf(authors))).toBe('3 people and 1 session');
  expect(shownAuthors(authorsOf([]))).toBe('0 people');
});

test('the area counts a tie half, and a quantile lies between its neighbors', () => {
  expect(areaUnderCurve([1, 2, 3], [0, 0])).toBe(1);
  expect(areaUnderCurve([1, 2], [1, 2])).toBe(0.5);
  expect(areaUnderCurve([0], [1])).toBe(0);
  expect(quantile([4, 1, 3, 2], 0.5)).toBe(2.5);
});

test('a limit has at most its share below it, and none where there are too few', () => {
  const hundred = Array.from({ length: 100 }, (_, i) => i);
  expect(limitAt(hundred, 0.01)).toBe(1);
  expect(limitAt(hundred, 0.001)).toBe(0);
  expect(limitAt([0.5, 0.5, 0.5], 0.01)).toBe(0.5);
});

test('an area has the interval of people and sessions that are drawn again', () => {
  const people = Array.from({ length: 30 }, (_, i) => ({ of: `p${i % 6}`, value: i % 6 }));
  const programs = Array.from({ length: 20 }, (_, i) => ({ of: `s${i}`, value: (i % 5) - 2.5 }));
  const { area, interval } = areaOf(people, programs);
  expect(area).toBeGreaterThan(interval[0]);
  expect(area).toBeLessThan(interval[1]);
  expect(interval[1] - interval[0]).toBeGreaterThan(0.05);
});

test('a small share is not shown as nothing', () => {
  expect(shown({ hits: 2, of: 52_928, rate: 2 / 52_928, interval: [0, 0.00014] })).toBe(
    '2 of 52928: 0.004 % [0.000, 0.014]',
  );
  expect(shown({ hits: 0, of: 567, rate: 0, interval: [0, 0.007] })).toBe('0 of 567: 0 % [0.0, 0.7]');
});
