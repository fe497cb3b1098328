import type { Clock } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import { createRecurring } from '../../lib/recurring.ts';
import type { Timer } from '../../lib/timer.ts';
import type { Db, InTransaction } from '../../storage/transaction.ts';
import type { Dispatcher } from './dispatch/dispatcher.ts';
import { LEASE } from './dispatch/leases.ts';
import type { JobSchedule } from './job-schedule.ts';
import { pruneJobs } from './prune-jobs.ts';

export interface RecurringWorkDeps {
  db: Db;
  inTransaction: InTransaction;
  schedule: Pick<JobSchedule, 'has' | 'addDue'>;
  dispatcher: Pick<Dispatcher, 'wake' | 'carryAgain' | 'tend' | 'scan' | 'nextAt'>;
  /** Between start and stop. */
  isStarted(): boolean;
  clock: Clock;
  timer: Timer;
  log: Log;
}

/** Poll interval in milliseconds; a clock that was set is noticed within one. */
const TICK = 1_000;
const SOONEST = 5;
const PRUNE = 60_000;
const SCAN = 5 * 60_000;

/** Recurring work of the job queue while the service runs. */
export function createRecurringWork(deps: RecurringWorkDeps) {
  const { db, inTransaction, schedule, dispatcher, isStarted, clock, timer, log } = deps;
  const recurring = createRecurring({ log, timer });
  let cancel = () => {};

  return {
    /** Looks at the moment when a delayed job is due, where that comes before the next tick. */
    arm(): void {
      cancel();
      const pause = dispatcher.nextAt() - clock.now();
      if (isStarted() && pause < TICK) cancel = timer.after(Math.max(pause, SOONEST), dispatcher.wake);
    },
    begin(): void {
      recurring.every('jobs: leases', LEASE / 3, dispatcher.tend);
      recurring.every('jobs: prune', PRUNE, () =>
        pruneJobs({ db, inTransaction, clock, recurs: schedule.has, until: () => !isStarted() }),
      );
      const scan = recurring.every('jobs: scan', SCAN, dispatcher.scan);
      let before = clock.now();
      const tick = recurring.every('jobs: what is due', TICK, async () => {
        dispatcher.wake();
        dispatcher.carryAgain();
        const now = clock.now();
        // The clock was set: times written before are checked again.
        if (Math.abs(now - before) >= SCAN) scan();
        before = now;
        if (await schedule.addDue()) dispatcher.wake();
      });
      tick();
    },
    stop(): Promise<void> {
      cancel();
      return recurring.stop();
    },
  };
}
