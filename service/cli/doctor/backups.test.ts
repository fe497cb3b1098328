import { expect, test } from 'vitest';
import type { Schemas } from '../../../sdk/admin/client.ts';
import { checkBackups } from './stored-data.ts';

const now = Date.UTC(2026, 10, 20, 12);
const none = { items: [], warnings: [] };
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
const proven = { verifiedAt: '2026-11-20T11:00:00.000Z' };

test.each([
  ['no backup at all', [], none, 'warn'],
  ['a plan that has not run yet', [], { ...none, items: [plan] }, 'ok'],
  ['a recent one that was not proven', [run('2026-11-20T10:00:00.000Z')], none, 'warn'],
  ['a recent one, proven', [run('2026-11-20T10:00:00.000Z', proven)], none, 'ok'],
  ['an old one without a plan', [run('2026-11-01T10:00:00.000Z', proven)], none, 'warn'],
  ['a schedule that fails', [], { items: [plan], warnings: ['The disk is full.'] }, 'fail'],
])('%s', (_what, runs, plans, state) => {
  const found = checkBackups(runs, plans, now);
  expect([found.state, found.remedy === undefined]).toEqual([state, state === 'ok']);
});
