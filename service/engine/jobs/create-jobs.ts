import type { Clock } from '../../lib/clock.ts';
import type { Ids } from '../../lib/id.ts';
import type { Log } from '../../lib/log.ts';
import type { Db, InTransaction } from '../../storage/transaction.ts';
import type { Audit } from '../audit/index.ts';
import { createAddJobs } from './add-jobs.ts';
import { createDispatcher } from './dispatch/dispatcher.ts';
import { endAttempt } from './dispatch/ended-attempt.ts';
import { createLeases, LEASE } from './dispatch/leases.ts';
import { createTakeDown } from './dispatch/take-down.ts';
import type { JobDriver } from './driver.ts';
import type { JobHandler, JobKind } from './job.ts';
import type { Jobs } from './jobs.ts';
import { createManageJobs } from './manage-jobs.ts';
import { pruneJobs } from './prune-jobs.ts';
import { createRecurringJobs } from './recurring-jobs.ts';
import { systemTimer, type Timer } from './timer.ts';
import { createUpkeep } from './upkeep.ts';

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

/** Milliseconds between two looks at what is due; a clock that jumps is noticed within one. */
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
  const recurring = createRecurringJobs({ db, inTransaction, add, clock });
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
    changed: () => arm(),
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
  let armed: { at: number; cancel: () => void } | undefined;
  let ticking: Promise<void> | undefined;

  /** Wakes up for what is due next, and within a second at the latest: a clock that jumps is noticed then. */
  function arm(): void {
    if (state !== 'started' || ticking) return;
    const now = clock.now();
    const soonest = Math.min(dispatcher.nextAt(), recurring.nextAt()) - now;
    const at = now + Math.min(Math.max(soonest, SOONEST), TICK);
    if (armed && armed.at <= at) return;
    armed?.cancel();
    armed = { at, cancel: timer.after(at - now, tick) };
  }
  function tick(): void {
    armed?.cancel();
    armed = undefined;
    ticking ??= lookAround()
      .catch((error: unknown) => log.error({ err: error }, 'recurring jobs could not be added'))
      .finally(() => {
        ticking = undefined;
        arm();
      });
  }
  const upkeep = createUpkeep({ clock, log });
  async function lookAround(): Promise<void> {
    dispatcher.wake();
    dispatcher.carryAgain();
    upkeep.every('leases', LEASE / 3, () => dispatcher.tend());
    upkeep.every('lanes', SCAN, () => dispatcher.scan());
    upkeep.every('prune', PRUNE, () =>
      pruneJobs({ db, inTransaction, clock, recurs: recurring.has, until: () => state !== 'started' }),
    );
    if (await recurring.addDue()) dispatcher.wake();
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
      recurring.every(kind, milliseconds);
    },
    async start() {
      if (state !== 'new') throw new Error('Jobs are started once.');
      state = 'started';
      await recurring.load();
      await dispatcher.start();
      tick();
    },
    async stop() {
      if (state !== 'started') return;
      state = 'stopped';
      armed?.cancel();
      await Promise.all([ticking, upkeep.settled(), dispatcher.stop(patience)]);
    },
    counts,
    backlog,
    list,
    get,
    retry,
    remove,
  };
}
