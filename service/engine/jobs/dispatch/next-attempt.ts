import type { JobHandler, JobOutcome } from '../job.ts';

/** What follows an attempt: nothing any more, or another one at `at`. */
export type AfterAttempt =
  | { is: 'done' }
  | { is: 'again'; at: number; error: string }
  | { is: 'dead'; error: string };

/**
 * `attempts` were made before the one that ended with `outcome` at `now`. The handler's pause with its jitter, or the moment the
 * outcome names when that is later; dead after the last one. `chance` is in [0, 1).
 */
export function nextAttempt(
  outcome: JobOutcome,
  attempts: number,
  { pauses, jitter = 0 }: Pick<JobHandler, 'pauses' | 'jitter'>,
  { now, chance }: { now: number; chance: number },
): AfterAttempt {
  switch (outcome.is) {
    case 'done':
    case 'dead':
      return outcome;
    case 'failed': {
      const { error, at = 0 } = outcome;
      const pause = pauses[attempts];
      if (pause === undefined) return { is: 'dead', error };
      return { is: 'again', at: Math.max(now + Math.round(pause * (1 + jitter * chance)), at), error };
    }
    default:
      return outcome satisfies never;
  }
}
