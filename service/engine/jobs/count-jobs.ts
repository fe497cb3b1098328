import { setImmediate } from 'node:timers/promises';
import type { Clock } from '../../lib/clock.ts';
import { defined } from '../../lib/defined.ts';
import type { Db } from '../../storage/transaction.ts';
import { type JobKind, type JobState, jobKinds } from './job.ts';
import { countJobs, selectOldest } from './job-store.ts';
import type { Jobs } from './jobs.ts';

const states = ['waiting', 'relayed', 'leased', 'done', 'dead'] as const satisfies JobState[];
/** Rows that one statement counts. */
const COUNTED = 5_000;

export function createCountJobs({ db, clock }: { db: Db; clock: Clock }): Pick<Jobs, 'counts' | 'backlog'> {
  async function count(kind: JobKind, state: JobState): Promise<{ jobs: number; later: number }> {
    const sum = { jobs: 0, later: 0 };
    for (let after = 0; ; ) {
      const page = await countJobs(db, { kind, state }, { after, limit: COUNTED, now: clock.now() });
      sum.jobs += page.jobs;
      sum.later += page.later;
      if (page.through === undefined) return sum;
      after = page.through;
      await setImmediate();
    }
  }

  return {
    async counts() {
      const counts = {} as Awaited<ReturnType<Jobs['counts']>>;
      for (const kind of jobKinds) {
        const of = { delayed: 0 } as (typeof counts)[JobKind];
        for (const state of states) {
          const { jobs, later } = await count(kind, state);
          of[state] = state === 'waiting' ? jobs - later : jobs;
          if (state === 'waiting') of.delayed = later;
        }
        counts[kind] = of;
      }
      return counts;
    },
    async backlog() {
      const backlog = {} as Awaited<ReturnType<Jobs['backlog']>>;
      for (const kind of jobKinds) {
        const jobs = async (state: JobState) => (await count(kind, state)).jobs;
        const oldestAt = await selectOldest(db, kind);
        backlog[kind] = {
          waiting: (await jobs('waiting')) + (await jobs('relayed')),
          running: await jobs('leased'),
          dead: await jobs('dead'),
          ...defined({ oldestAt }),
        };
      }
      return backlog;
    },
  };
}
