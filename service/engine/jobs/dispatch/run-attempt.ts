import type { Log } from '../../../lib/log.ts';
import { Problem } from '../../../lib/problem.ts';
import type { Timer } from '../../../lib/timer.ts';
import type { JobHandler, JobOutcome, RunningJob } from '../job.ts';

/** Characters of what went wrong that are kept. */
const MOST_ERROR = 1_000;

/** Never rejects. An attempt that takes longer than its handler allows is abandoned and aborted through `abort`. */
export async function runAttempt<Result>(
  handler: JobHandler<Result>,
  job: RunningJob,
  { timer, abort, log }: { timer: Timer; abort: AbortController; log: Log },
): Promise<{ outcome: JobOutcome; result: Result | undefined }> {
  let cancel = () => {};
  const tooLong = new Promise<{ outcome: JobOutcome }>((resolve) => {
    cancel = timer.after(handler.timeout, () => {
      resolve({ outcome: { is: 'failed', error: `It took longer than ${handler.timeout} ms.` } });
      abort.abort();
    });
  });
  try {
    const { outcome, result } = (await Promise.race([handler.run(job), tooLong])) as {
      outcome: JobOutcome;
      result?: Result;
    };
    return { outcome: outcome.is === 'done' ? outcome : { ...outcome, error: short(outcome.error) }, result };
  } catch (error) {
    if (error instanceof Problem) {
      // The message may name a person, and would be written after an erasure that ran meanwhile.
      log.warn({ job: job.id, kind: job.kind, err: error }, 'an attempt of a job was refused');
      const sentence = `It was refused (${error.code}); the log says more.`;
      return { outcome: { is: 'failed', error: sentence }, result: undefined };
    }
    log.error({ job: job.id, kind: job.kind, err: error }, 'a job broke');
    return {
      outcome: { is: 'failed', error: 'An internal error; the log has the details.' },
      result: undefined,
    };
  } finally {
    cancel();
  }
}

const short = (error: string) => error.slice(0, MOST_ERROR).toWellFormed().replaceAll('\0', ' ');
