import { expect, test } from 'vitest';
import { startEngine } from '../../../../test/support/engine.ts';
import { createJobs } from './jobs.ts';

test('work that runs only when it is asked for has no due time, and does not wait', async () => {
  const engine = await startEngine();
  const idle = { kind: 'backup-drill', nextAt: undefined, running: false, last: undefined } as const;
  const jobs = createJobs({
    ...engine,
    recurring: { list: async () => [idle, { ...idle, kind: 'backups', nextAt: 0 }], due: async () => {} },
    queue: { mostAttempts: () => 1 },
    byHand: { retry: async () => {}, cancel: async () => {} },
  });
  const [drill, backups] = await jobs.list({ limit: 2 });
  expect(drill).toMatchObject({ id: 'backup-drill', state: 'done', runAt: undefined });
  expect(backups).toMatchObject({ id: 'backups', state: 'waiting', runAt: 0 });
  expect((await jobs.counts())['backup-drill']).toMatchObject({ waiting: 0, done: 1 });
  await engine.stop();
});
