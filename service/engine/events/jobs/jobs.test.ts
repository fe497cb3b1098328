import { expect, test } from 'vitest';
import { startEngine } from '../../../../test/support/engine.ts';
import { createJobs } from './jobs.ts';

test('work that runs only when it is asked for has no due time, and does not wait', async () => {
  const engine = await startEngine();
  const idle = { kind: 'backup-drill', nextAt: undefined, running: false, last: undefined } as const;
  const rest = {
    ...engine,
    queue: { mostAttempts: () => 1 },
    byHand: { retry: async () => {}, cancel: async () => {} },
  };
  const jobs = createJobs({
    ...rest,
    recurring: { list: async () => [idle, { ...idle, kind: 'backups', nextAt: 0 }], due: async () => {} },
  });
  const [drill, backups] = await jobs.list({ limit: 2 });
  expect(drill).toMatchObject({ id: 'backup-drill', state: 'done', runAt: undefined });
  expect(backups).toMatchObject({ id: 'backups', state: 'waiting', runAt: 0 });
  expect((await jobs.counts())['backup-drill']).toMatchObject({ waiting: 0, done: 1 });
  expect(await jobs.anyDead()).toBe(false);
  const failed = { ...idle, last: { at: 1, milliseconds: 1, error: 'No room.' } };
  const dead = createJobs({ ...rest, recurring: { list: async () => [failed], due: async () => {} } });
  expect(await dead.anyDead()).toBe(true);
  await engine.stop();
});
