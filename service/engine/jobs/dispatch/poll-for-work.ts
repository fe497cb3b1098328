import { setImmediate as turn } from 'node:timers/promises';
import type { Clock } from '../../../lib/clock.ts';
import type { Log } from '../../../lib/log.ts';
import type { JobKind } from '../job.ts';
import type { FindWaiting } from './find-waiting.ts';
import type { Leases } from './leases.ts';
import type { ReadyJobs } from './ready-jobs.ts';

export interface PollForWorkDeps {
  kinds: ReadonlyMap<JobKind, ReadyJobs>;
  leases: Pick<Leases, 'take'>;
  waiting: Pick<FindWaiting, 'discover'>;
  open(): boolean;
  /** After jobs were leased. */
  handOver(): void;
  /** After each poll. */
  changed(): void;
  clock: Clock;
  log: Log;
}

/** Leases what is due, never twice at a time. */
export function createPollForWork(deps: PollForWorkDeps) {
  const { kinds, leases, waiting, open, handOver, changed, clock, log } = deps;
  let polling: Promise<void> | undefined;
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

  async function pollAll(): Promise<void> {
    try {
      do {
        again = false;
        await waiting.discover();
        for (const ready of kinds.values()) await leaseFor(ready);
      } while (again && open());
      failing = false;
    } catch (error) {
      // Nothing changed; the next poll comes within a second.
      again = false;
      if (!failing) log.error({ err: error }, 'no jobs can be leased');
      failing = true;
    }
  }

  function poll(): void {
    if (!open()) return;
    again = true;
    polling ??= pollAll().finally(() => {
      polling = undefined;
      changed();
      // Requested between the end of the last poll and this callback.
      if (again) poll();
    });
  }

  return {
    poll,
    /** Resolves when no poll is running. */
    settled: async (): Promise<void> => polling,
  };
}
