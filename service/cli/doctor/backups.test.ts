import { expect, test } from 'vitest';
import { checkBackups } from './backups.ts';

const now = Date.UTC(2026, 10, 20, 12);
const none = { plans: [], runs: [], keys: [], warnings: [] };
const plan = {
  folder: '/b',
  everyMinutes: 60,
  keep: 7,
  setBy: 'operator:ada',
  setAt: '2026-11-20T00:00:00.000Z',
};
const run = (startedAt: string, more = {}) => ({
  id: 'bkp_1',
  path: '/b/x.backup',
  startedAt,
  outcome: 'done',
  origin: 'schedule',
  ...more,
});
const proven = { verifiedAt: '2026-11-20T11:00:00.000Z' };

test.each([
  ['no backup at all', none, 'warn'],
  ['a plan that has not run yet', { ...none, plans: [plan] }, 'ok'],
  ['a recent one that nobody proved', { ...none, runs: [run('2026-11-20T10:00:00.000Z')] }, 'warn'],
  ['a recent one, proven', { ...none, runs: [run('2026-11-20T10:00:00.000Z', proven)] }, 'ok'],
  ['an old one without a plan', { ...none, runs: [run('2026-11-01T10:00:00.000Z', proven)] }, 'warn'],
  ['a schedule that fails', { ...none, plans: [plan], warnings: ['The disk is full.'] }, 'fail'],
])('%s', (_what, reply, state) => {
  const found = checkBackups(reply, now);
  expect([found.state, found.remedy === undefined]).toEqual([state, state === 'ok']);
});
