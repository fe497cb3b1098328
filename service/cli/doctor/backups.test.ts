import { expect, test } from 'vitest';
import type { Schemas } from '../../../sdk/admin/client.ts';
import { describeBackups } from './stored-data.ts';

const plan = {
  folder: '/b',
  everyMinutes: 60,
  keep: 7,
  setBy: 'operator:ada',
  setAt: '2026-11-20T00:00:00.000Z',
};
const run = (startedAt: string, more = {}): Schemas['Backup'] => ({
  id: 'bkp_1',
  path: '/b/x.backup',
  startedAt,
  outcome: 'done',
  origin: 'schedule',
  futureDated: false,
  ...more,
});
const at = '2026-11-20T10:00:00.000Z';

test.each([
  ['no backup at all', [], [], 'none'],
  ['a plan that has not run yet', [], [plan], 'scheduled; the first is not made yet'],
  [
    'one that was not proven',
    [run(at)],
    [],
    `the last good one is from ${at}; none was ever proven; none is scheduled`,
  ],
  [
    'one that was',
    [run(at, { verifiedAt: at })],
    [plan],
    `the last good one is from ${at}; proven: /b/x.backup`,
  ],
])('%s', (_what, runs, items, found) => {
  expect(describeBackups(runs, { items, warnings: [] })).toEqual({ what: 'backups', found });
});

test('what is wrong is said in its place', () => {
  const warnings = [
    'The backup /b/x.backup was written, but would not restore.',
    'No backup was made into /c.',
  ];
  expect(describeBackups([run(at)], { items: [plan], warnings }).found).toBe(warnings.join(' '));
});
