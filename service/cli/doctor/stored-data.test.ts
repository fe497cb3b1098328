import { expect, test } from 'vitest';
import { describeAlerts, describeErasures, MOST_ALERTS } from './stored-data.ts';

test('open alerts and pending erasures are counted by organization, and of none nothing is said', () => {
  const none = { name: 'Museum', count: 0 };
  expect([...describeAlerts([none]), ...describeErasures([none])]).toEqual([]);
  const some = [none, { name: 'Bank', count: 1 }, { name: 'Port', count: 2 }];
  expect(describeAlerts(some)).toEqual([{ what: 'alerts', found: 'Bank (1), Port (2)' }]);
  expect(describeErasures(some)).toEqual([{ what: 'erasures', found: 'Bank (1), Port (2)' }]);
});

test('a count at its limit is shown as "at least"', () => {
  expect(describeAlerts([{ name: 'Museum', count: MOST_ALERTS }])).toMatchObject([
    { found: 'Museum (at least 1,000)' },
  ]);
});
