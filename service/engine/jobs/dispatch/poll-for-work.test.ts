import { expect, test } from 'vitest';
import { silentLog } from '../../../lib/log.ts';
import type { JobKind } from '../job.ts';
import { createPollForWork } from './poll-for-work.ts';
import type { ReadyJobs } from './ready-jobs.ts';

test('a poll requested after the last one has read, and before it has ended, is made', async () => {
  let polls = 0;
  let atEnd = () => {};
  class Kinds extends Map<JobKind, ReadyJobs> {
    override values() {
      // Runs between the last step of the poll and its end.
      queueMicrotask(() => atEnd());
      return super.values();
    }
  }
  const work = createPollForWork({
    kinds: new Kinds(),
    leases: { take: async () => [] },
    waiting: {
      async discover() {
        polls += 1;
      },
    },
    open: () => true,
    handOver() {},
    changed() {},
    clock: { now: () => 0 },
    log: silentLog,
  });
  atEnd = () => {
    atEnd = () => {};
    work.poll();
  };
  work.poll();
  await work.settled();
  await work.settled();
  expect(polls).toBe(2);
});
