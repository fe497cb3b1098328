import { setImmediate as turn } from 'node:timers/promises';
import type { Clock, Timer } from '../../service/lib/clock.ts';

export interface FakeTime {
  clock: Clock;
  timer: Timer;
  /** Moves the clock on, and with it what `timer` was asked for, each at its own moment. */
  advance(milliseconds: number): Promise<void>;
  /** Sets the clock alone, as an operator or a time server does. */
  jump(milliseconds: number): void;
}

/** So short a pause only gathers what comes together: it passes by itself. */
const AT_ONCE = 10;

/** `settle` resolves when what is under way has come to rest. */
export function createFakeTime(start: number, settle: () => Promise<void>): FakeTime {
  /** What the clock shows, and the time that really passed. */
  let now = start;
  let passed = 0;
  const timers = new Set<{ at: number; work: () => void }>();
  return {
    clock: { now: () => now },
    timer: {
      after(milliseconds, work) {
        if (milliseconds <= AT_ONCE) {
          const soon = setImmediate(work);
          return () => clearImmediate(soon);
        }
        const one = { at: passed + milliseconds, work };
        timers.add(one);
        return () => timers.delete(one);
      },
    },
    async advance(milliseconds) {
      const end = passed + milliseconds;
      for (;;) {
        await settle();
        const [next] = [...timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
        const to = next?.at ?? end;
        now += to - passed;
        passed = to;
        if (!next) break;
        timers.delete(next);
        next.work();
      }
      await settle();
    },
    jump(milliseconds) {
      now += milliseconds;
    },
  };
}

/** As `expect.poll` has in vitest.config.ts. */
const DEADLINE = 240_000;

/** Resolves once it holds. Throws after four minutes of real time, before its test is given up. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + DEADLINE;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error('What was waited for did not come about.');
    await turn();
  }
}
