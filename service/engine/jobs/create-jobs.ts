import type { Clock } from '../../lib/clock.ts';
import type { Ids } from '../../lib/id.ts';
import type { Log } from '../../lib/log.ts';
import { createRecurring } from '../../lib/recurring.ts';
import { systemTimer, type Timer } from '../../lib/timer.ts';
import type { Db, InTransaction } from '../../storage/transaction.ts';
import type { Audit } from '../audit/index.ts';
import { createAddJobs } from './add-jobs.ts';
import { createDispatcher } from './dispatch/dispatcher.ts';
import { endAttempt } from './dispatch/ended-attempt.ts';
import { createLeases, LEASE } from './dispatch/leases.ts';
import { createTakeDown } from './dispatch/take-down.ts';
import type { JobDriver } from './driver.ts';
import type { JobHandler, JobKind } from './job.ts';
import { createJobSchedule } from './job-schedule.ts';
import type { Jobs } from './jobs.ts';
import { createManageJobs } from './manage-jobs.ts';
import { pruneJobs } from './prune-jobs.ts';

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

/** Milliseconds between two looks at what is due; a clock that was set is noticed within one. */
const TICK = 1_000;
const SOONEST = 5;
const PRUNE = 60_000;
const SCAN = 5 * 60_000;

export function createJobs({
  db,
  inTransaction,
  audit,
  ids,
  clock,
  log,
  driver,
  chance,
  timer = systemTimer,
  patience = 10_000,
}: JobsDeps): Jobs {
  const handlers = new Map<JobKind, JobHandler<unknown>>();
  const add = createAddJobs({ ids, clock });
  const schedule = createJobSchedule({ db, inTransaction, add, clock });
  const leases = createLeases({ db, inTransaction, clock, as: driver.holds });
  const takeDown = createTakeDown({
    inTransaction,
    handlers,
    written({ held, row }, ours) {
      // Looked for in any case: a database that went away during a commit may have done it.
      dispatcher.written(held, row.state === 'waiting' ? row.runAt : null);
      if (ours) return;
      const { id, fence } = row;
      log.warn({ job: id, fence }, 'a job ended after its lease was lost: that counts for nothing');
    },
    asFailed: ({ held }, error) =>
      endAttempt(
        held,
        { outcome: { is: 'failed', error }, result: undefined },
        handlers.get(held.ticket.kind)!,
        { now: clock.now(), chance: chance() },
      ),
    timer,
    log,
  });
  const dispatcher = createDispatcher({
    db,
    leases,
    driver,
    handlers,
    takeDown,
    clock,
    timer,
    chance,
    changed: arm,
    log,
  });
  const { counts, backlog, list, get, retry, remove } = createManageJobs({
    db,
    inTransaction,
    audit,
    clock,
    handlers,
    withdraw: dispatcher.withdraw,
    waiting(where) {
      dispatcher.note(where);
      dispatcher.wake();
    },
  });

  let state: 'new' | 'started' | 'stopped' = 'new';
  let cancel = () => {};
  /** Looks at the moment when a delayed job is due, where that comes before the next tick. */
  function arm(): void {
    cancel();
    const pause = dispatcher.nextAt() - clock.now();
    if (state === 'started' && pause < TICK) cancel = timer.after(Math.max(pause, SOONEST), dispatcher.wake);
  }
  const recurring = createRecurring({ log, timer });
  function beginRecurring(): void {
    recurring.every('jobs: leases', LEASE / 3, dispatcher.tend);
    recurring.every('jobs: prune', PRUNE, () =>
      pruneJobs({ db, inTransaction, clock, recurs: schedule.has, until: () => state !== 'started' }),
    );
    const scan = recurring.every('jobs: scan', SCAN, dispatcher.scan);
    let before = clock.now();
    const tick = recurring.every('jobs: what is due', TICK, async () => {
      dispatcher.wake();
      dispatcher.carryAgain();
      const now = clock.now();
      // The clock was set: what was written by the other time is looked at again.
      if (Math.abs(now - before) >= SCAN) scan();
      before = now;
      if (await schedule.addDue()) dispatcher.wake();
    });
    tick();
  }

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
    async start() {
      if (state !== 'new') throw new Error('Jobs are started once.');
      state = 'started';
      await schedule.load();
      await dispatcher.start();
      beginRecurring();
    },
    async stop() {
      if (state !== 'started') return;
      state = 'stopped';
      cancel();
      await Promise.all([recurring.stop(), dispatcher.stop(patience)]);
    },
    counts,
    backlog,
    list,
    get,
    retry,
    remove,
  };
}
