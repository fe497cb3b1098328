import { setTimeout as sleep } from 'node:timers/promises';

export interface Pauses {
  pause(ms: number): Promise<void>;
  /** Until `performance.now()` is `time`. */
  pauseUntil(time: number): Promise<void>;
}

export function createPauses(): Pauses {
  const pauseUntil = async (time: number): Promise<void> => {
    const ms = time - performance.now();
    if (ms > 0.5) await sleep(ms);
  };
  return { pauseUntil, pause: (ms) => pauseUntil(performance.now() + ms) };
}
