import { expect, test } from 'vitest';
import { checkRetention } from './stored-data.ts';

const sweep = { organization: 'org_1', due: 9, people: 12, why: 'It would erase 9 people at once.' };

test('nothing that waits is no line; a sweep that waits warns, a clock in doubt fails', () => {
  expect(checkRetention({ sweeps: [] })).toEqual([]);
  expect(checkRetention({ sweeps: [sweep] })).toEqual([
    {
      what: 'retention',
      state: 'warn',
      found: 'The sweep of org_1 would erase 9 of 12 people. It would erase 9 people at once.',
      remedy: expect.stringContaining('retention sweep --dry-run --org org_1   then with --confirm 9'),
    },
  ]);
  const both = checkRetention({ clock: 'The clock says 2021.', sweeps: [sweep] });
  expect(both.map(({ state }) => state)).toEqual(['fail', 'warn']);
  expect(both[0]!.remedy).toContain('retention confirm --today');
});
