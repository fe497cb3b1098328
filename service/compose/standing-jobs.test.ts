import { expect, test } from 'vitest';
import type { JobHandler, JobKind } from '../engine/jobs/index.ts';
import { addStandingJobs, type StandingJobsDeps } from './standing-jobs.ts';

function start(over: Partial<StandingJobsDeps> = {}) {
  const handlers = new Map<JobKind, JobHandler<unknown>>();
  const every = new Map<JobKind, number>();
  const done: string[] = [];
  const expired: string[] = [];
  const work = (name: string) => async () => void done.push(name);
  const { settled } = addStandingJobs({
    jobs: {
      handle: (kind, handler) => void handlers.set(kind, handler as JobHandler<unknown>),
      every: (kind, milliseconds) => void every.set(kind, milliseconds),
    },
    retention: { tend: work('retention') },
    backups: { runDue: work('backups'), runDrill: work('backup-drill') },
    liveSessions: { expireDue: work('sessions') },
    hosted: { expireDue: async () => expired.push('links') },
    registrations: { expireDue: async () => expired.push('invitations') },
    keyPlaces: { sync: work('key-copies') },
    erasure: { retry: work('erasures') },
    recordIntegrity: { tend: async () => void done.push('record-integrity') },
    calibrations: { tend: async () => void done.push('gallery-calibration') },
    administrators: { tidy: work('administrators') },
    reviews: { eraseDue: async () => done.push('reviews') },
    uniqueness: { expireDue: async () => 0, sweep: async () => done.push('uniqueness') },
    verdicts: { sweep: work('behavior-sweep') },
    behaviorChallenges: {
      expireDue: async () => void expired.push('challenges'),
      sweep: async () => void expired.push('old challenges'),
    },
    heartbeats: { sweep: async () => void expired.push('heartbeats') },
    deliveryUpkeep: { dropUndelivered: async () => void expired.push('user ids') },
    certificate: { reload: () => void done.push('certificate') },
    ...over,
  } as StandingJobsDeps);
  return { handlers, every, done, expired, settled };
}

test('each recurs, and does what it is called after', async () => {
  const { handlers, every, done, expired } = start();
  const recurring = [...handlers.keys()].filter((kind) => kind !== 'backup-drill');
  expect([...every.keys()].sort()).toEqual(recurring.sort());
  for (const { run } of handlers.values())
    expect(await run({} as never)).toEqual({ outcome: { is: 'done' } });
  expect(done).toEqual([...handlers.keys()]);
  expect(done).toContain('certificate');
  expect(expired).toEqual([
    ...['links', 'invitations', 'challenges'],
    ...['old challenges', 'heartbeats', 'user ids'],
  ]);
});

test('without TLS no certificate is reloaded, and a leftover job ends', async () => {
  const { handlers, every } = start({ certificate: undefined });
  expect(await handlers.get('certificate')!.run({} as never)).toEqual({ outcome: { is: 'done' } });
  expect(every.has('certificate')).toBe(false);
});

test('an error is a failed attempt, and a stop waits for running jobs', async () => {
  const { promise, reject } = Promise.withResolvers<never>();
  const { handlers, settled } = start({ retention: { tend: () => promise } });
  const run = handlers.get('retention')!.run({} as never);
  let over = false;
  const stopping = settled().then(() => {
    over = true;
  });
  await new Promise((resolve) => setImmediate(resolve));
  expect(over).toBe(false);
  reject(new Error('disk'));
  await expect(run).rejects.toThrow('disk');
  await stopping;
});
