import type { ServiceProcess } from './service-process.ts';

/** Before the next start, in milliseconds; twice as much each time. */
const FIRST_PAUSE = 1_000;
const LONGEST_PAUSE = 60_000;
/** Starts in a row that came to nothing, before a person has to look at it. */
const MOST_STARTS = 6;
/** A process that ran this long is restarted at once after a crash. */
const STABLE = 5 * 60_000;
/** Milliseconds after the request to stop before the process is killed. */
const PATIENCE = 30_000;

/** The process of the service that the shell has started, where there is one, and how often it broke off. */
export function holdProcess(now: () => number) {
  let process: ServiceProcess | undefined;
  let answered = false;
  let startedAt = 0;
  let breaks = 0;
  return {
    isThere: () => process !== undefined,
    hasAnswered: () => answered,
    answers() {
      answered = true;
    },
    begin(start: () => ServiceProcess, ended: (why: string) => void): void {
      const begun = start();
      [process, answered, startedAt] = [begun, false, now()];
      void begun.ended.then((why) => {
        process = undefined;
        ended(why);
      });
    },
    /** Milliseconds before the next start; undefined if a person has to fix the cause. */
    pause(): number | undefined {
      if (answered && now() - startedAt >= STABLE) breaks = 0;
      // One that never ran fails for a reason that waiting does not cure.
      if ((!answered && breaks === 0) || ++breaks > MOST_STARTS) return undefined;
      return Math.min(FIRST_PAUSE * 2 ** (breaks - 1), LONGEST_PAUSE);
    },
    forgetBreaks() {
      breaks = 0;
    },
    /** Resolves once it is gone. */
    async stop(after: (milliseconds: number, work: () => void) => () => void): Promise<void> {
      const stopped = process;
      if (!stopped) return;
      stopped.stop();
      const forget = after(PATIENCE, () => stopped.kill());
      await stopped.ended;
      forget();
    },
  };
}
