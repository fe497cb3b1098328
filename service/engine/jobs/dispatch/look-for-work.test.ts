import { expect, test } from 'vitest';
import { silentLog } from '../../../lib/log.ts';
import type { JobKind } from '../job.ts';
import { createLookForWork } from './look-for-work.ts';
import type { ReadyJobs } from './ready-jobs.ts';

test('a look that is asked for after the last one has looked, and before it has ended, is made', async () => {
  let looks = 0;
  let atEnd = () => {};
  class Kinds extends Map<JobKind, ReadyJobs> {
    override values() {
      // Runs between the last step of the look and its end.
      queueMicrotask(() => atEnd());
      return super.values();
    }
  }
  const work = createLookForWork({
    kinds: new Kinds(),
    leases: { take: async () => [] },
    waiting: {
      async discover() {
        looks += 1;
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
    work.look();
  };
  work.look();
  await work.settled();
  await work.settled();
  expect(looks).toBe(2);
});
