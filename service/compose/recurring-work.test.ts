import { expect, test } from 'vitest';
import type { Work, WorkKind } from '../engine/events/index.ts';
import { addRecurringWork, type RecurringWorkDeps } from './recurring-work.ts';

function start({ tls = true, inDoubt = false } = {}) {
  const recurring = new Map<WorkKind, Work>();
  const done: string[] = [];
  const expired: string[] = [];
  const work = (name: string) => async () => void done.push(name);
  addRecurringWork(
    {
      recurring: { add: (kind: WorkKind, one: Work) => void recurring.set(kind, one) },
      retention: { maintain: work('retention'), doubtsClock: async () => inDoubt },
      backups: { runDue: work('backups'), runDrills: work('backup-drill') },
      liveSessions: { expireDue: work('sessions'), sweep: async () => void expired.push('frames') },
      orders: { expireDue: async () => expired.push('orders') },
      keyCopyFolders: { sync: work('key-copies') },
      erasure: { retry: work('erasures') },
      recordIntegrity: { maintain: async () => void done.push('record-integrity') },
      calibrations: { maintain: async () => void done.push('gallery-calibration') },
      administrators: { tidy: work('administrators') },
      reviews: { eraseDue: async () => done.push('reviews') },
      uniqueness: { expireDue: async () => 0, sweep: async () => done.push('uniqueness') },
      verdicts: { sweep: work('behavior-sweep') },
      behaviorChallenges: {
        expireDue: async () => void expired.push('challenges'),
        sweep: async () => void expired.push('old challenges'),
      },
      heartbeats: { sweep: async () => void expired.push('heartbeats') },
      deliveryUpkeep: {
        dropUndelivered: async () => void expired.push('user ids'),
        prune: work('deliveries-prune'),
      },
      idempotency: { sweep: async () => void expired.push('kept answers') },
      personTokens: { sweep: async () => void expired.push('used tokens') },
      refusedPictures: { sweep: async () => void expired.push('refused pictures') },
      subjects: { sweepFormerAddresses: async () => void expired.push('former addresses') },
    } as unknown as RecurringWorkDeps,
    tls ? { reload: async () => void done.push('certificate') } : undefined,
  );
  return { recurring, done, expired };
}

const given = { fence: 1, signal: new AbortController().signal };

test('each recurs but the trial of a backup, and does what it is called after', async () => {
  const { recurring, done, expired } = start();
  const once = [...recurring].filter(([, { every }]) => every === undefined).map(([kind]) => kind);
  expect(once).toEqual(['backup-drill']);
  for (const { run } of recurring.values()) await run(given);
  expect(done).toEqual([...recurring.keys()]);
  expect(done).toContain('certificate');
  expect(expired).toEqual([
    ...['orders', 'challenges', 'old challenges', 'heartbeats', 'user ids', 'kept answers', 'frames'],
    ...['used tokens', 'refused pictures', 'former addresses'],
  ]);
});

test('without TLS no certificate is reloaded', async () => {
  const { recurring } = start({ tls: false });
  expect(recurring.get('certificate')!.every).toBeUndefined();
});

test('while the clock is in doubt nothing ends or is erased because its time is over, and the rest goes on', async () => {
  const { recurring, done, expired } = start({ inDoubt: true });
  for (const { run } of recurring.values()) await run(given);
  const waiting = [
    'administrators',
    'reviews',
    'uniqueness',
    'sessions',
    'behavior-sweep',
    'deliveries-prune',
  ];
  expect(done).toEqual([...recurring.keys()].filter((kind) => !waiting.includes(kind)));
  expect(expired).toEqual([]);
});
