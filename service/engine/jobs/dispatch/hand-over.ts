import type { Clock } from '../../../lib/clock.ts';
import type { Log } from '../../../lib/log.ts';
import type { JobDriver } from '../driver.ts';
import type { JobKind } from '../job.ts';
import type { Held } from './held.ts';
import type { Leases } from './leases.ts';
import type { ReadyJobs } from './ready-jobs.ts';
import type { RecordEnds } from './record-ends.ts';

export interface HandOverDeps {
  kinds: ReadonlyMap<JobKind, ReadyJobs>;
  leases: Pick<Leases, 'all'>;
  driver: Pick<JobDriver, 'carry'>;
  recordEnds: Pick<RecordEnds, 'pending'>;
  open(): boolean;
  /** Some kind has room for more than is leased. */
  hungry(): void;
  clock: Clock;
  log: Log;
}

/** Handed over in one go. */
const HANDED = 64;
/** Ended and not on disk: what a crash may repeat. */
const MOST_PENDING = 128;
/** Milliseconds until a ticket that has not begun is carried again. */
const OVERDUE = 30_000;

/** Hands what is leased to the driver. */
export function createHandOver({
  kinds,
  leases,
  driver,
  recordEnds,
  open,
  hungry,
  clock,
  log,
}: HandOverDeps) {
  let armed = false;

  function soon(): void {
    if (armed) return;
    armed = true;
    setImmediate(() => {
      armed = false;
      if (open()) handOver();
    });
  }

  function handOver(): void {
    const handed: Held[] = [];
    // One of each kind in turn: no kind keeps another waiting.
    const left = new Set(kinds.values());
    for (const ready of cycle(left)) {
      if (handed.length === HANDED || recordEnds.pending() + handed.length >= MOST_PENDING) break;
      const held = ready.take();
      if (held) {
        held.state = 'carried';
        handed.push(held);
      } else left.delete(ready);
    }
    if (handed.length > 0) carry(handed);
    if (handed.length === HANDED) soon();
    if ([...kinds.values()].some((ready) => ready.hungry())) hungry();
  }

  function carry(handed: readonly Held[]): void {
    for (const held of handed) held.carriedAt = clock.now();
    driver.carry(handed.map(({ ticket }) => ticket)).catch((error: unknown) => {
      log.error({ err: error, jobs: handed.length }, 'the queue took no jobs: they are carried again');
      for (const held of handed) held.carriedAt = Number.NEGATIVE_INFINITY;
    });
  }

  return {
    soon,
    /** Carries again tickets that the driver did not take, or that have not begun for long. */
    carryAgain(): void {
      const isOverdue = ({ state, carriedAt }: Held) =>
        state === 'carried' && Math.abs(clock.now() - carriedAt) > OVERDUE;
      const overdue = leases.all().filter(isOverdue);
      for (let i = 0; i < overdue.length; i += HANDED) carry(overdue.slice(i, i + HANDED));
    },
  };
}

function* cycle<T>(all: ReadonlySet<T>): Generator<T> {
  while (all.size > 0) yield* all;
}
