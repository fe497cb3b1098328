import { expect, test } from 'vitest';
import { createStandbyCount } from './nodes.ts';

const DAY = 8_640;

function seen(...looks: [count: number, times: number][]) {
  const standbys = createStandbyCount();
  for (const [count, times] of looks) for (let i = 0; i < times; i++) standbys.saw(count);
  return standbys.read();
}

test('a standby that was there for a minute and is gone is missed', () => {
  expect(seen()).toEqual({ most: 0, now: 0 });
  expect(seen([1, 6])).toEqual({ most: 1, now: 1 });
  expect(seen([1, 6], [0, 100])).toEqual({ most: 1, now: 0 });
  expect(seen([2, 6], [1, 10], [2, 1])).toEqual({ most: 2, now: 2 });
});

test('what streamed for a moment is not missed', () => {
  expect(seen([1, 5], [0, 1])).toEqual({ most: 0, now: 0 });
  expect(seen([1, 6], [3, 5], [1, 1])).toEqual({ most: 1, now: 1 });
});

test('one that is gone for a day was taken away', () => {
  expect(seen([2, 6], [1, DAY - 1])).toEqual({ most: 2, now: 1 });
  expect(seen([2, 6], [1, DAY])).toEqual({ most: 1, now: 1 });
  expect(seen([2, 6], [1, DAY - 1], [2, 1], [1, DAY - 1])).toEqual({ most: 2, now: 1 });
});
