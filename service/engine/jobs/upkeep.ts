import type { Clock } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';

/** What is done now and then beside the jobs themselves. */
export interface Upkeep {
  /**
   * Begins `work` when so many milliseconds have passed since the last time, whichever way the clock went; never twice at a time.
   * The first call only starts the count.
   */
  every(name: string, milliseconds: number, work: () => Promise<unknown>): void;
  settled(): Promise<void>;
}

export function createUpkeep({ clock, log }: { clock: Clock; log: Log }): Upkeep {
  const last = new Map<string, number>();
  const running = new Map<string, Promise<void>>();
  return {
    every(name, milliseconds, work) {
      const now = clock.now();
      const before = last.get(name) ?? now;
      if (!last.has(name)) last.set(name, now);
      if (running.has(name) || Math.abs(now - before) < milliseconds) return;
      last.set(name, now);
      running.set(
        name,
        work()
          .then(
            () => {},
            (error: unknown) => log.error({ work: name, err: error }, 'upkeep of the jobs failed'),
          )
          .finally(() => running.delete(name)),
      );
    },
    async settled() {
      await Promise.all(running.values());
    },
  };
}
