import type { Clock } from '../../../lib/clock.ts';
import type { JobId } from '../../../lib/id.ts';
import type { Log } from '../../../lib/log.ts';
import type { Timer } from '../../../lib/timer.ts';
import type { Db } from '../../../storage/transaction.ts';
import type { JobDriver } from '../driver.ts';
import type { JobHandler, JobKind } from '../job.ts';
import type { Waiting } from '../lease-store.ts';
import { createAttempts } from './attempts.ts';
import { createFindWaiting } from './find-waiting.ts';
import { createHandOver } from './hand-over.ts';
import type { Held } from './held.ts';
import type { Leases } from './leases.ts';
import { createPollForWork } from './poll-for-work.ts';
import { createReadyJobs, type ReadyJobs } from './ready-jobs.ts';
import type { RecordEnds } from './record-ends.ts';

export interface DispatcherDeps {
  db: Db;
  leases: Leases;
  driver: JobDriver;
  handlers: ReadonlyMap<JobKind, JobHandler<unknown>>;
  recordEnds: RecordEnds;
  clock: Clock;
  timer: Timer;
  /** In [0, 1). */
  chance: () => number;
  /** `nextAt` may be another one. */
  changed(): void;
  log: Log;
}

/** Leases due jobs, hands them to the driver, and tracks their ends. */
export interface Dispatcher {
  start(): Promise<void>;
  /** Polls for added and due jobs; soon, and never twice at a time. */
  wake(): void;
  /** Carries again tickets that the driver did not take, or that have not begun for long. */
  carryAgain(): void;
  /** Jobs wait there now. */
  note(where: Waiting): void;
  /** Takes over leases that are over and that this process does not hold. */
  tend(): Promise<void>;
  /** Reads all rows again to find the lanes with work, without the notes in memory. */
  scan(): Promise<void>;
  /** When the next delayed job is due; Infinity: none that is known. */
  nextAt(): number;
  /** Takes the job back unless its attempt has begun, which gives false. */
  withdraw(id: JobId): boolean;
  /** It is on disk: the lease is over, and where there is another attempt it waits at `retryAt`. */
  written(held: Held, retryAt: number | null): void;
  stop(patience: number): Promise<void>;
}

export function createDispatcher(deps: DispatcherDeps): Dispatcher {
  const { db, leases, driver, handlers, recordEnds, clock, changed, log } = deps;
  const kinds = new Map<JobKind, ReadyJobs>();
  let state: 'new' | 'open' | 'stopping' = 'new';
  const open = () => state === 'open';

  const note = (where: Waiting) => kinds.get(where.kind)?.note(where);
  const waiting = createFindWaiting({ db, note });
  const handOver = createHandOver({ ...deps, kinds, open, hungry: () => work.poll() });
  const work = createPollForWork({ ...deps, kinds, waiting, open, handOver: handOver.soon });
  const attempts = createAttempts({
    ...{ ...deps, open },
    ended(held) {
      kinds.get(held.ticket.kind)!.ended(held);
      handOver.soon();
    },
  });
  const withdraw = createWithdraw(deps, { kinds, open, withdrawn: handOver.soon });

  async function scan(): Promise<void> {
    await leases.bringForward(kinds.keys());
    await waiting.scan(kinds.keys());
  }

  return {
    async start() {
      for (const [kind, { concurrency, retriesPerLane = 2 }] of handlers) {
        kinds.set(kind, createReadyJobs({ kind, window: concurrency + driver.ahead, retriesPerLane, clock }));
      }
      const left = await leases.takeOver('left', () => {});
      if (left > 0) log.info({ jobs: left }, 'jobs that a former process had leased are taken over');
      await scan();
      await driver.start({
        kinds: [...handlers].map(([kind, { concurrency }]) => ({ kind, concurrency })),
        run: attempts.run,
      });
      state = 'open';
      work.poll();
    },
    wake: work.poll,
    note,
    async tend() {
      const over = await leases.takeOver('over', note);
      if (over > 0) log.warn({ jobs: over }, 'leases were over and are taken over');
      work.poll();
    },
    carryAgain: handOver.carryAgain,
    async scan() {
      await scan();
      work.poll();
    },
    nextAt: () => Math.min(Number.POSITIVE_INFINITY, ...[...kinds.values()].map((ready) => ready.nextAt())),
    withdraw,
    written({ ticket, priority }, retryAt) {
      leases.forget(ticket);
      const { kind, lane = null } = ticket;
      if (retryAt !== null) {
        note({ kind, lane, priority, runAt: retryAt, retry: true });
        changed();
      }
      handOver.soon();
    },
    async stop(patience) {
      state = 'stopping';
      await work.settled();
      await attempts.settle(patience);
      await recordEnds.flush();
      try {
        await leases.giveBack(leases.all().filter(({ state: is }) => is === 'ready' || is === 'carried'));
      } catch (error) {
        log.warn({ err: error }, 'leases could not be given back: the next start takes them over');
      }
      await driver.stop();
    },
  };
}

/** Dispatcher.withdraw: `withdrawn` is called when there is room for others. */
function createWithdraw(
  { leases, driver, log }: DispatcherDeps,
  { kinds, open, withdrawn }: { kinds: ReadonlyMap<JobKind, ReadyJobs>; open(): boolean; withdrawn(): void },
) {
  return (id: JobId): boolean => {
    const held = leases.get(id);
    // Leased a moment ago while this process works; else left over from one that has ended.
    if (!held) return !open();
    if (held.state === 'begun') return false;
    const ready = kinds.get(held.ticket.kind)!;
    leases.forget(held.ticket);
    if (held.state === 'ready') ready.drop(held);
    else {
      held.state = 'void';
      ready.ended(held);
      driver
        .drop([held.ticket])
        .catch((error: unknown) => log.warn({ err: error }, 'a ticket was not dropped'));
    }
    withdrawn();
    return true;
  };
}
