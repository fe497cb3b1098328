import type { Clock } from '../../lib/clock.ts';
import type { Ids } from '../../lib/id.ts';
import type { Log } from '../../lib/log.ts';
import { systemTimer, type Timer } from '../../lib/timer.ts';
import type { Db, InTransaction } from '../../storage/transaction.ts';
import type { Audit } from '../audit/index.ts';
import { createAddJobs } from './add-jobs.ts';
import { createDispatcher } from './dispatch/dispatcher.ts';
import { endAttempt } from './dispatch/ended-attempt.ts';
import { createLeases } from './dispatch/leases.ts';
import { createRecordEnds } from './dispatch/record-ends.ts';
import type { JobDriver } from './driver.ts';
import type { JobHandler, JobKind } from './job.ts';
import { createJobSchedule } from './job-schedule.ts';
import type { Jobs } from './jobs.ts';
import { createManageJobs } from './manage-jobs.ts';
import { createRecurringWork } from './recurring-work.ts';

export interface JobsDeps {
  db: Db;
  inTransaction: InTransaction;
  audit: Audit;
  ids: Ids;
  clock: Clock;
  log: Log;
  driver: JobDriver;
  /** In [0, 1). */
  chance: () => number;
  timer?: Timer;
  /** Milliseconds that a stop waits for what runs. */
  patience?: number;
}

export function createJobs(deps: JobsDeps): Jobs {
  const { ids, clock, log, driver, chance, timer = systemTimer, patience = 10_000 } = deps;
  const handlers = new Map<JobKind, JobHandler<unknown>>();
  let state: 'new' | 'started' | 'stopped' = 'new';
  const add = createAddJobs({ ids, clock });
  const schedule = createJobSchedule({ ...deps, add });
  const recordEnds = createRecordEnds({
    ...{ ...deps, handlers, timer },
    written({ held, row }, ours) {
      // Looked for in any case: a database that went away during a commit may have done it.
      dispatcher.written(held, row.state === 'waiting' ? row.runAt : null);
      if (ours) return;
      const { id, fence } = row;
      log.warn({ job: id, fence }, 'a job ended after its lease was lost: that counts for nothing');
    },
    asFailed({ held }, error) {
      const how = { outcome: { is: 'failed', error }, result: undefined } as const;
      const handler = handlers.get(held.ticket.kind)!;
      return endAttempt(held, how, handler, { now: clock.now(), chance: chance() });
    },
  });
  const dispatcher = createDispatcher({
    ...{ ...deps, handlers, recordEnds, timer },
    leases: createLeases({ ...deps, as: driver.holds }),
    changed: () => recurring.arm(),
  });
  const recurring = createRecurringWork({
    ...{ ...deps, schedule, dispatcher, timer },
    isStarted: () => state === 'started',
  });

  return {
    add,
    wake: () => dispatcher.wake(),
    handle(kind, handler) {
      if (state !== 'new' || handlers.has(kind))
        throw new Error(`A handler of ${kind} comes once, before the start.`);
      handlers.set(kind, handler as JobHandler<unknown>);
    },
    every(kind, milliseconds) {
      if (state !== 'new' || !handlers.has(kind))
        throw new Error(`${kind} recurs once it has a handler, from the start on.`);
      schedule.every(kind, milliseconds);
    },
    soon: schedule.soon,
    async start() {
      if (state !== 'new') throw new Error('Jobs are started once.');
      state = 'started';
      await schedule.load();
      await dispatcher.start();
      recurring.begin();
    },
    async stop() {
      if (state !== 'started') return;
      state = 'stopped';
      await Promise.all([recurring.stop(), dispatcher.stop(patience)]);
    },
    ...createManageJobs({
      ...{ ...deps, handlers, withdraw: dispatcher.withdraw },
      waiting(where) {
        dispatcher.note(where);
        dispatcher.wake();
      },
    }),
  };
}
