import { expect, test } from 'vitest';
import { columnsOf } from './hours.ts';

const hours = (count: number) =>
  Array.from({ length: count }, (_, i) => ({
    from: new Date(Date.UTC(2026, 10, 20, i)).toISOString(),
    verified: 2,
    notVerified: 1,
    refused: 0,
  }));
const words = { tick: (at: string) => at.slice(11, 13), label: (at: string) => at };

test('a day has a column for each hour, a week one for every six', () => {
  const day = columnsOf(hours(24), words);
  expect(day).toHaveLength(24);
  expect(day[0]).toEqual({
    label: '2026-11-20T00:00:00.000Z',
    tick: '00',
    values: [2, 1, 0],
  });
  const week = columnsOf(hours(168), words);
  expect(week).toHaveLength(28);
  expect(week[27]?.values).toEqual([12, 6, 0]);
});
