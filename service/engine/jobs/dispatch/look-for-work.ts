import { setImmediate as turn } from 'node:timers/promises';
import type { Clock } from '../../../lib/clock.ts';
import type { Log } from '../../../lib/log.ts';
import type { JobKind } from '../job.ts';
import type { FindWaiting } from './find-waiting.ts';
import type { Leases } from './leases.ts';
import type { ReadyJobs } from './ready-jobs.ts';

export interface LookForWorkDeps {
  kinds: ReadonlyMap<JobKind, ReadyJobs>;
  leases: Pick<Leases, 'take'>;
  waiting: Pick<FindWaiting, 'discover'>;
  open(): boolean;
  /** After jobs were leased. */
  handOver(): void;
  /** After each look. */
  changed(): void;
  clock: Clock;
  log: Log;
}

/** Leases what is due, never twice at a time. */
export function createLookForWork(deps: LookForWorkDeps) {
  const { kinds, leases, waiting, open, handOver, changed, clock, log } = deps;
  let looking: Promise<void> | undefined;
  let again = false;
  let failing = false;

  async function leaseFor(ready: ReadyJobs): Promise<void> {
    while (open()) {
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
      handOver();
      await turn();
    }
  }

  async function lookAll(): Promise<void> {
    try {
      do {
        again = false;
        await waiting.discover();
        for (const ready of kinds.values()) await leaseFor(ready);
      } while (again && open());
      failing = false;
    } catch (error) {
      // Everything stays as it is; the next look comes within a second.
      again = false;
      if (!failing) log.error({ err: error }, 'no jobs can be leased');
      failing = true;
    }
  }

  function look(): void {
    if (!open()) return;
    again = true;
    looking ??= lookAll().finally(() => {
      looking = undefined;
      changed();
      // Asked for after the last look had ended and before this.
      if (again) look();
    });
  }

  return {
    look,
    /** When no look is under way. */
    settled: async (): Promise<void> => looking,
  };
}
