import { expect, test } from 'vitest';
import { Problem } from '../../../lib/problem.ts';
import { noteProgress } from '../../../lib/progress/progress.ts';
import { createWorks } from './works.ts';

const about = { id: 'req_1', operation: 'createBackup' };

function start() {
  const clock = { time: 1_000, now: () => clock.time };
  return { clock, works: createWorks(clock) };
}

test('a work says how far it is, and what it was answered with', async () => {
  const { clock, works } = start();
  const { promise, resolve } = Promise.withResolvers<void>();
  const work = works.follow(about, async () => {
    noteProgress('sealing', 3, 10);
    await promise;
    return { path: '/mnt/a.backup' };
  });
  expect(works.list()).toEqual([
    { ...about, startedAt: 1_000, state: 'running', now: { step: 'sealing', done: 3, of: 10 } },
  ]);
  clock.time += 60_000;
  resolve();
  await work;
  expect(works.get('req_1')).toMatchObject({
    state: 'done',
    finishedAt: 61_000,
    reply: { path: '/mnt/a.backup' },
  });
  expect(works.list()).toEqual([expect.not.objectContaining({ reply: expect.anything() })]);
});

test('a work that fails keeps its refusal, and nothing of an internal error', async () => {
  const { works } = start();
  const refused = works.follow(about, () => Promise.reject(new Problem('CONFLICT', 'Another one runs.')));
  await expect(refused).rejects.toThrow('Another one runs.');
  expect(works.get('req_1')).toMatchObject({
    state: 'failed',
    code: 'CONFLICT',
    reason: 'Another one runs.',
  });
  const broken = works.follow({ ...about, id: 'req_2' }, () => Promise.reject(new Error('secret')));
  await expect(broken).rejects.toThrow('secret');
  expect(works.get('req_2')).toMatchObject({ state: 'failed', code: 'INTERNAL' });
  expect(JSON.stringify(works.get('req_2'))).not.toContain('secret');
});

test('many short works push no long one out, and none that runs', async () => {
  const { clock, works } = start();
  const { promise, resolve } = Promise.withResolvers<void>();
  const running = works.follow({ ...about, id: 'req_running' }, () => promise);
  await works.follow({ ...about, id: 'req_long' }, async () => {
    clock.time += 60_000;
  });
  for (let i = 0; i < 200; i++) await works.follow({ ...about, id: `req_short_${i}` }, async () => {});
  expect(works.list().map(({ id }) => id)).toEqual(['req_long', 'req_running']);
  expect(works.get('req_short_0')).toBeUndefined();
  expect(works.get('req_short_199')).toMatchObject({ state: 'done' });
  resolve();
  await running;
});
