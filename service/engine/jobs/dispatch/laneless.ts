import type { Want } from './held.ts';
import { createLeaseBatch } from './lease-batch.ts';

const priorities = [1, 2, 3];

/** Jobs without a lane, by priority from 1: when the first that waits is due, and how many are leased and ready. */
export function createLaneless() {
  const classes = priorities.map(() => ({ at: Number.POSITIVE_INFINITY, ready: 0 }));
  const batch = createLeaseBatch();

  const readyThrough = (priority: number) =>
    classes.slice(0, priority).reduce((sum, { ready }) => sum + ready, 0);
  const isHungry = (now: number) =>
    priorities.some(
      (priority) =>
        classes[priority - 1]!.at <= now && readyThrough(priority) < Math.max(1, batch.size() / 4),
    );

  return {
    isHungry,
    waits(priority: number, at: number): void {
      const one = classes[priority - 1]!;
      one.at = Math.min(one.at, at);
    },
    /** So many more are leased and not handed over. */
    leased(priority: number, count: number): void {
      classes[priority - 1]!.ready += count;
    },
    /** Sets what waits, as far as `waits` covers. */
    wants(now: number): Want[] {
      if (!isHungry(now)) return [];
      const wants: Want[] = [];
      const size = batch.next(now);
      for (const priority of priorities) {
        const one = classes[priority - 1]!;
        const limit = size - readyThrough(priority);
        if (one.at > now || limit <= 0) continue;
        one.at = Number.POSITIVE_INFINITY;
        wants.push({ from: { priority }, limit });
      }
      return wants;
    },
    nextAfter: (now: number): number =>
      Math.min(Number.POSITIVE_INFINITY, ...classes.map(({ at }) => at).filter((at) => at > now)),
  };
}
