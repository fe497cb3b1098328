import { expect, test } from 'vitest';
import { createNumberRing } from './number-ring.ts';

const rowsOf = (ring: ReturnType<typeof createNumberRing>): number[][] => {
  const rows: number[][] = [];
  ring.each((...row) => rows.push(row));
  return rows;
};

test('the newest rows, oldest first, and the time of the newest that is gone', () => {
  const ring = createNumberRing(3);
  expect(rowsOf(ring)).toEqual([]);
  for (let t = 1; t <= 3; t += 1) ring.add(t, 10 * t, -t);
  expect(ring.newestDropped()).toBeUndefined();
  for (let t = 4; t <= 8; t += 1) ring.add(t, 10 * t, -t);
  expect(rowsOf(ring)).toEqual([
    [6, 60, -6],
    [7, 70, -7],
    [8, 80, -8],
  ]);
  expect(ring.newestDropped()).toBe(5);
});

test('cleared, it has neither rows nor a time, and goes on', () => {
  const ring = createNumberRing(2);
  for (let t = 1; t <= 3; t += 1) ring.add(t, 0, 0);
  ring.clear();
  expect([rowsOf(ring), ring.newestDropped()]).toEqual([[], undefined]);
  ring.add(9, 1, 2);
  expect(rowsOf(ring)).toEqual([[9, 1, 2]]);
});

test('rows from a time on: those after the last that is older', () => {
  const ring = createNumberRing(4);
  for (const t of [1, 2, 9, 4, 5, 6]) ring.add(t, 0, 0);
  const timesFrom = (from: number): number[] => {
    const times: number[] = [];
    ring.each((t) => times.push(t), from);
    return times;
  };
  expect(timesFrom(5)).toEqual([5, 6]);
  expect(timesFrom(4.5)).toEqual([5, 6]);
  expect(timesFrom(0)).toEqual([9, 4, 5, 6]);
  expect(timesFrom(7)).toEqual([]);
});
