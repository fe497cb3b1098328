import { setTimeout as sleep } from 'node:timers/promises';

export interface Pauses {
  pause(ms: number): Promise<void>;
  /** Until `performance.now()` is `time`. */
  pauseUntil(time: number): Promise<void>;
  /** By how many ms each pause ended too late: what a busy machine does to a rhythm. */
  late: readonly number[];
}

export function createPauses(): Pauses {
  const late: number[] = [];
  const pauseUntil = async (time: number): Promise<void> => {
    const ms = time - performance.now();
    if (ms <= 0.5) return;
    await sleep(ms);
    late.push(Math.max(0, performance.now() - time));
  };
  return { late, pauseUntil, pause: (ms) => pauseUntil(performance.now() + ms) };
}
