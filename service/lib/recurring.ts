import { AsyncLocalStorage } from 'node:async_hooks';
import { systemTimer, type Timer } from './clock.ts';
import type { Log } from './log.ts';

/** Milliseconds between two lines of the log about failures in a row: on a full disk the log may lie on it too. */
const SAID_EVERY = 60_000;

/** Work that a running process does again and again. */
export function createRecurring({ log, timer = systemTimer }: { log: Log; timer?: Timer | undefined }) {
  const running = new Map<string, Promise<void>>();
  const armed = new Map<string, () => void>();
  let stopped = false;
  return {
    /**
     * Runs `work` every `milliseconds`, the first time after one such pause; never twice at a time. What it throws is logged,
     * of failures in a row about one a minute, and does not end the series. The function returned runs it at once, or once more after the present run.
     */
    every(name: string, milliseconds: number, work: () => Promise<unknown>): () => void {
      /** Without what is open around a caller of the function returned, such as a transaction. */
      const outside = AsyncLocalStorage.snapshot();
      const saidEvery = Math.max(1, Math.ceil(SAID_EVERY / milliseconds));
      let failures = 0;
      let again = false;
      async function run(): Promise<void> {
        do {
          again = false;
          try {
            await work();
            if (failures > 0) log.info({ work: name, failures }, 'recurring work goes on');
            failures = 0;
          } catch (error) {
            if (failures++ % saidEvery === 0)
              log.error({ work: name, failures, err: error }, 'recurring work failed');
          }
        } while (again && !stopped);
        running.delete(name);
      }
      function begin(): void {
        again = running.has(name);
        if (!again && !stopped) running.set(name, outside(run));
      }
      function arm(): void {
        const cancel = timer.after(milliseconds, () => {
          arm();
          if (!running.has(name)) begin();
        });
        armed.set(name, cancel);
      }
      arm();
      return begin;
    },
    /** Waits for what is running; nothing starts after it. */
    async stop(): Promise<void> {
      stopped = true;
      for (const cancel of armed.values()) cancel();
      await Promise.all(running.values());
    },
  };
}
