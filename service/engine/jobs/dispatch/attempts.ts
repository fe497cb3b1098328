import type { Clock } from '../../../lib/clock.ts';
import type { JobId } from '../../../lib/id.ts';
import type { Log } from '../../../lib/log.ts';
import type { Timer } from '../../../lib/timer.ts';
import type { AttemptEnd, JobTicket } from '../driver.ts';
import type { JobHandler, JobKind } from '../job.ts';
import { endAttempt, runningJob } from './ended-attempt.ts';
import type { Held } from './held.ts';
import type { Leases } from './leases.ts';
import type { RecordEnds } from './record-ends.ts';
import { runAttempt } from './run-attempt.ts';

export interface AttemptsDeps {
  leases: Pick<Leases, 'get'>;
  handlers: ReadonlyMap<JobKind, JobHandler<unknown>>;
  recordEnds: Pick<RecordEnds, 'push'>;
  /** Whether an attempt may begin. */
  open(): boolean;
  /** Called when it has ended. */
  ended(held: Held): void;
  clock: Clock;
  timer: Timer;
  /** In [0, 1). */
  chance: () => number;
  log: Log;
}

/** Runs the handlers of what was leased. */
export interface Attempts {
  /** DriverWork.run (driver.ts). */
  run(ticket: Pick<JobTicket, 'id' | 'fence'>): Promise<AttemptEnd>;
  /** Waits so many milliseconds for running attempts, aborts the rest, waits a moment more, and abandons them. */
  settle(patience: number): Promise<void>;
}

/** Milliseconds for attempts to end after they were aborted. */
const GRACE = 1_000;

export function createAttempts(deps: AttemptsDeps): Attempts {
  const { leases, handlers, recordEnds, open, ended, clock, timer, chance, log } = deps;
  const running = new Map<JobId, { held: Held; end: Promise<AttemptEnd> }>();

  async function attempt(held: Held, handler: JobHandler<unknown>): Promise<AttemptEnd> {
    const { abort } = held;
    const how = await runAttempt(handler, runningJob(held), { timer, abort, log });
    // Abandoned by `settle`: the next process runs it again.
    if (held.state === 'void') return { is: 'void' };
    const attempted = endAttempt(held, how, handler, { now: clock.now(), chance: chance() });
    recordEnds.push(attempted);
    const { state, error, runAt } = attempted.row;
    if (state === 'done') return { is: 'done' };
    if (state === 'waiting') return { is: 'failed', error: error!, nextAt: runAt! };
    const { id, kind } = held.ticket;
    log.warn({ job: id, kind }, 'no attempt of a job is left: "gatehouse jobs show" gives the reason');
    return { is: 'dead', error: error! };
  }

  async function wait(milliseconds: number): Promise<void> {
    let cancel = () => {};
    const over = new Promise<void>((resolve) => {
      cancel = timer.after(milliseconds, resolve);
    });
    await Promise.race([Promise.all([...running.values()].map(({ end }) => end)), over]);
    cancel();
  }

  return {
    async run({ id, fence }) {
      const held = leases.get(id);
      const handler = held && handlers.get(held.ticket.kind);
      if (!open() || !handler || held.ticket.fence !== fence || held.state !== 'carried') {
        return { is: 'void' };
      }
      held.state = 'begun';
      const one = { held, end: attempt(held, handler) };
      running.set(id, one);
      const end = await one.end;
      if (running.get(id) === one) running.delete(id);
      ended(held);
      return end;
    },
    async settle(patience) {
      await wait(patience);
      if (running.size === 0) return;
      log.warn(
        { jobs: running.size },
        'jobs still ran when the service stopped: they run again at the next start',
      );
      for (const { held } of running.values()) {
        held.state = 'void';
        held.abort.abort();
      }
      await wait(GRACE);
    },
  };
}
