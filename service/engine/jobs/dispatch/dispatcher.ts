import { setImmediate as turn } from 'node:timers/promises';
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
import type { Leases } from './leases.ts';
import { createReadyJobs, type Held, type ReadyJobs } from './ready-jobs.ts';
import type { TakeDown } from './take-down.ts';

export interface DispatcherDeps {
  db: Db;
  leases: Leases;
  driver: JobDriver;
  handlers: ReadonlyMap<JobKind, JobHandler<unknown>>;
  takeDown: TakeDown;
  clock: Clock;
  timer: Timer;
  /** In [0, 1). */
  chance: () => number;
  /** `nextAt` may be another one. */
  changed(): void;
  log: Log;
}

/** Leases what is due, hands it to the driver, and hears how it ended. */
export interface Dispatcher {
  start(): Promise<void>;
  /** Looks for what was added and what is due; soon, and never twice at a time. */
  wake(): void;
  /** Carries again what the driver did not take, or was not heard of for long. */
  carryAgain(): void;
  /** Jobs wait there now. */
  note(where: Waiting): void;
  /** Leases are renewed, those of others that are over taken over. */
  tend(): Promise<void>;
  /** Reads again which lanes have work: a look at everything that does not trust what was noted. */
  scan(): Promise<void>;
  /** When the next delayed job is due; Infinity: none that is known. */
  nextAt(): number;
  /** Takes the job back unless its attempt has begun, which gives false. */
  withdraw(id: JobId): boolean;
  /** It is on disk: the lease is over, and where there is another attempt it waits at `retryAt`. */
  written(held: Held, retryAt: number | null): void;
  stop(patience: number): Promise<void>;
}

/** Handed over in one go. */
const HANDED = 64;
/** Ended and not on disk: what a crash may repeat. */
const MOST_PENDING = 128;
/** Milliseconds until a ticket of which nothing was heard is carried again. */
const UNHEARD = 30_000;

export function createDispatcher({
  db,
  leases,
  driver,
  handlers,
  takeDown,
  clock,
  timer,
  chance,
  changed,
  log,
}: DispatcherDeps): Dispatcher {
  const kinds = new Map<JobKind, ReadyJobs>();
  let state: 'new' | 'open' | 'stopping' = 'new';
  let looking: Promise<void> | undefined;
  let again = false;
  let failing = false;
  let pumping = false;

  const note = (where: Waiting) => kinds.get(where.kind)?.note(where);
  const waiting = createFindWaiting({ db, note });
  const attempts = createAttempts({
    leases,
    handlers,
    takeDown,
    open: () => state === 'open',
    ended(held) {
      kinds.get(held.ticket.kind)!.ended(held);
      pumpSoon();
    },
    clock,
    timer,
    chance,
    log,
  });

  async function leaseFor(ready: ReadyJobs): Promise<void> {
    while (state === 'open') {
      const wants = ready.wants();
      if (wants.length === 0) return;
      try {
        for (const { want, leased, nextAt } of await leases.take(ready.kind, wants)) {
          ready.accept(want, leased, nextAt);
        }
      } catch (error) {
        for (const want of wants) ready.accept(want, [], clock.now());
        throw error;
      }
      pumpSoon();
      await turn();
    }
  }

  async function lookAll(): Promise<void> {
    do {
      again = false;
      await waiting.discover();
      for (const ready of kinds.values()) await leaseFor(ready);
    } while (again && state === 'open');
  }

  function look(): void {
    if (state !== 'open') return;
    again = true;
    looking ??= lookAll()
      .then(
        () => {
          failing = false;
        },
        (error: unknown) => {
          // Everything stays as it is; the next look comes within a second.
          if (!failing) log.error({ err: error }, 'no jobs can be leased');
          failing = true;
        },
      )
      .finally(() => {
        looking = undefined;
        changed();
      });
  }

  function pumpSoon(): void {
    if (pumping) return;
    pumping = true;
    setImmediate(() => {
      pumping = false;
      pump();
    });
  }

  function pump(): void {
    if (state !== 'open') return;
    const handed: Held[] = [];
    // One of each kind in turn: no kind keeps another waiting.
    const open = new Set(kinds.values());
    for (const ready of cycle(open)) {
      if (handed.length === HANDED || takeDown.pending() + handed.length >= MOST_PENDING) break;
      const held = ready.take();
      if (held) {
        held.state = 'carried';
        handed.push(held);
      } else open.delete(ready);
    }
    if (handed.length > 0) carry(handed);
    if (handed.length === HANDED) pumpSoon();
    if ([...kinds.values()].some((ready) => ready.hungry())) look();
  }

  function carry(handed: readonly Held[]): void {
    for (const held of handed) held.carriedAt = clock.now();
    driver.carry(handed.map(({ ticket }) => ticket)).catch((error: unknown) => {
      log.error({ err: error, jobs: handed.length }, 'the queue took no jobs: they are carried again');
      for (const held of handed) held.carriedAt = Number.NEGATIVE_INFINITY;
    });
  }

  async function scan(): Promise<void> {
    await leases.bringForward(kinds.keys());
    await waiting.scan(kinds.keys());
  }

  function withdrawHeld(held: Held): void {
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
    pumpSoon();
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
      look();
    },
    wake: look,
    note,
    async tend() {
      for (const held of await leases.renew()) {
        if (held.state === 'begun' && !attempts.runs(held.ticket.id)) continue;
        log.warn({ job: held.ticket.id, fence: held.ticket.fence }, 'the lease of a job was lost');
        held.abort.abort();
        if (held.state === 'begun') continue;
        withdrawHeld(held);
      }
      const over = await leases.takeOver('over', note);
      if (over > 0) log.warn({ jobs: over }, 'leases were over and are taken over');
      look();
    },
    carryAgain() {
      const unheard = leases
        .all()
        .filter(
          ({ state: is, carriedAt }) => is === 'carried' && Math.abs(clock.now() - carriedAt) > UNHEARD,
        );
      for (let i = 0; i < unheard.length; i += HANDED) carry(unheard.slice(i, i + HANDED));
    },
    async scan() {
      await scan();
      look();
    },
    nextAt: () => Math.min(Number.POSITIVE_INFINITY, ...[...kinds.values()].map((ready) => ready.nextAt())),
    withdraw(id) {
      const held = leases.get(id);
      // Leased a moment ago, or by somebody else, while this process works; else left over from one that has ended.
      if (!held) return state !== 'open';
      if (held.state === 'begun') return false;
      withdrawHeld(held);
      return true;
    },
    written({ ticket, priority }, retryAt) {
      leases.forget(ticket);
      const { kind, lane = null } = ticket;
      if (retryAt !== null) {
        note({ kind, lane, priority, runAt: retryAt, retry: true });
        changed();
      }
      pumpSoon();
    },
    async stop(patience) {
      state = 'stopping';
      await looking;
      await attempts.settle(patience);
      await takeDown.flush();
      try {
        await leases.giveBack(leases.all().filter(({ state: is }) => is === 'ready' || is === 'carried'));
      } catch (error) {
        log.warn({ err: error }, 'leases could not be given back: the next start takes them over');
      }
      await driver.stop();
    },
  };
}

function* cycle<T>(all: ReadonlySet<T>): Generator<T> {
  while (all.size > 0) yield* all;
}
