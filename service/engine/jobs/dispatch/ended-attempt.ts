import type { FinishedJob, JobHandler, JobOutcome, RunningJob } from '../job.ts';
import type { AttemptRow } from '../lease-store.ts';
import type { Held } from './held.ts';
import { nextAttempt } from './next-attempt.ts';

/** An attempt that has ended and is not on disk yet. */
export interface EndedAttempt {
  held: Held;
  row: AttemptRow;
  finished: FinishedJob<unknown>;
}

export function runningJob({ ticket, abort }: Held): RunningJob {
  const { id, kind, payload, organization, lane, attempts } = ticket;
  return { id, kind, payload, organization, lane, attempts, signal: abort.signal };
}

export function endAttempt(
  held: Held,
  { outcome, result }: { outcome: JobOutcome; result: unknown },
  handler: Pick<JobHandler<unknown>, 'pauses' | 'jitter'>,
  { now, chance }: { now: number; chance: number },
): EndedAttempt {
  const { id, fence, attempts } = held.ticket;
  const after = nextAttempt(outcome, attempts, handler, { now, chance });
  const again = after.is === 'again' ? after.at : undefined;
  return {
    held,
    row: {
      id,
      fence,
      state: after.is === 'again' ? 'waiting' : after.is,
      runAt: again ?? null,
      error: after.is === 'done' ? null : after.error,
      finishedAt: again === undefined ? now : null,
    },
    finished: { job: runningJob(held), outcome, result, nextAt: again },
  };
}
