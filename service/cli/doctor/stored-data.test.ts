import { expect, test } from 'vitest';
import { checkAlerts, MOST_ALERTS } from './stored-data.ts';

test('open alerts are counted by organization, and none is no finding', () => {
  expect(checkAlerts([{ id: 'org_1', name: 'Museum', alerts: 0 }])).toEqual([]);
  const [finding] = checkAlerts([
    { id: 'org_1', name: 'Museum', alerts: 0 },
    { id: 'org_2', name: 'Bank', alerts: 1 },
  ]);
  expect(finding).toMatchObject({ state: 'warn', found: '1 alert is open: Bank (1)' });
  expect(finding!.remedy).toContain('alert list --org org_2');
  expect(finding!.remedy).not.toContain('org_1');
});

test('a count at its limit is shown as "at least"', () => {
  const [finding] = checkAlerts([{ id: 'org_1', name: 'Museum', alerts: MOST_ALERTS }]);
  expect(finding!.found).toBe('at least 1,000 alerts are open: Museum (1000)');
});
