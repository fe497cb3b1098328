import { setTimeout as delay } from 'node:timers/promises';
import { usableMemory } from '../../lib/machine/memory.ts';
import { Problem } from '../../lib/problem.ts';

/**
 * Bounds how many HEIC pictures are decoded at once over all inference workers, as one takes up to a gigabyte. Each number
 * is a slot: the second (of `now`) until which it is taken. A worker that is ended in the middle gives nothing back, so a
 * slot that is past its end is free.
 */
export type HeifSlots = Int32Array<SharedArrayBuffer>;

const MEMORY_OF_ONE = 4 * 1024 ** 3;
/** Longer than a decoding may take. */
const SECONDS = 20;
const PATIENCE = 8_000;
const LOOK = 20;

/** One for every 4 GiB of memory, at least one, at most one for each worker. */
export function createHeifSlots(workers: number, memory = usableMemory()): HeifSlots {
  const count = Math.max(1, Math.min(workers, Math.floor(memory / MEMORY_OF_ONE)));
  return new Int32Array(new SharedArrayBuffer(4 * count));
}

/** Runs work in a free slot; waits for one, and throws OVERLOADED after `patience` milliseconds. */
export async function inHeifSlot<T>(
  slots: HeifSlots,
  work: () => Promise<T>,
  { now = () => Date.now(), patience = PATIENCE } = {},
): Promise<T> {
  const second = () => Math.floor(now() / 1000);
  const end = now() + patience;
  for (;;) {
    for (let i = 0; i < slots.length; i++) {
      const taken = Atomics.load(slots, i);
      const mine = second() + SECONDS;
      if (taken > second() || Atomics.compareExchange(slots, i, taken, mine) !== taken) continue;
      try {
        return await work();
      } finally {
        Atomics.compareExchange(slots, i, mine, 0);
      }
    }
    if (now() >= end) {
      throw new Problem(
        'OVERLOADED',
        'Too many HEIC pictures are being decoded; try again shortly, or send a JPEG.',
        {
          retryAfterSeconds: 2,
        },
      );
    }
    await delay(LOOK);
  }
}
