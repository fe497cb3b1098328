import type { Clock } from '../clock.ts';
import { Problem } from '../problem.ts';
import { createFairQueue, type Share } from './fair-queue.ts';

/** Runs the work once it is its turn. Throws OVERLOADED where too many wait, and the reason of `signal` where it is given up before. */
export type FairSlots = <T>(share: Share, work: () => Promise<T>, signal?: AbortSignal) => Promise<T>;

export interface FairSlotsDeps {
  /** At work at a time, and waiting beside those at most. */
  atOnce: number;
  waiting: number;
  /** The last so many places are for organizations that have nothing at work. */
  forNewcomers?: number;
  clock: Clock;
  /** What is said to the one who gives way. */
  busy: string;
}

interface Turn {
  share: Share;
  begin(): void;
  refuse(reason: unknown): void;
}

/** Lets `atOnce` run and `waiting` more wait for their turn, fairly (fair-queue.ts): the newest of the one with the most gives way. */
export function createFairSlots({ atOnce, waiting, forNewcomers, clock, busy }: FairSlotsDeps): FairSlots {
  const queue = createFairQueue<Turn>({ seats: atOnce, clock, keepsFor: 'organizations', forNewcomers });
  let running = 0;

  function next(): void {
    while (running < atOnce) {
      const turn = queue.take();
      if (!turn) return;
      running++;
      turn.begin();
    }
  }

  return async (share, work, signal) => {
    signal?.throwIfAborted();
    const turn = await new Promise<Turn>((resolve, reject) => {
      const giveUp = () => queue.remove(one) && reject(signal?.reason);
      signal?.addEventListener('abort', giveUp, { once: true });
      const one: Turn = { share, begin: () => resolve(one), refuse: reject };
      queue.add(one);
      next();
      const refused = queue.dropExcess(one, waiting);
      refused?.refuse(new Problem('OVERLOADED', busy, { retryAfterSeconds: 1 }));
    });
    try {
      return await work();
    } finally {
      running--;
      queue.finish(turn);
      next();
    }
  };
}
