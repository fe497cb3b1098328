import type { Log } from '../lib/log.ts';
import { onTimers, type Repeat } from '../lib/repeat.ts';

/** Work the running service does again and again by itself: sweeps, checkpoints, backups. */
export interface Recurring {
  /**
   * Runs `work` every `milliseconds`, the first time after one such pause; never twice at a time. What it throws is logged
   * and does not end the series.
   */
  every(name: string, milliseconds: number, work: () => Promise<unknown>): void;
  /** Waits for what is running; nothing starts after it. */
  stop(): Promise<void>;
}

export interface RecurringDeps {
  log: Log;
  repeat?: Repeat;
}

export function createRecurring({ log, repeat = onTimers }: RecurringDeps): Recurring {
  const running = new Map<string, Promise<void>>();
  const ends: (() => void)[] = [];
  return {
    every(name, milliseconds, work) {
      ends.push(
        repeat(() => {
          if (running.has(name)) return;
          const run = Promise.resolve()
            .then(work)
            .then(
              () => {},
              (error: unknown) => log.error({ work: name, err: error }, 'recurring work failed'),
            )
            .finally(() => running.delete(name));
          running.set(name, run);
        }, milliseconds),
      );
    },
    async stop() {
      for (const end of ends.splice(0)) end();
      await Promise.all(running.values());
    },
  };
}
