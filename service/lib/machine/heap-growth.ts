import { setFlagsFromString } from 'node:v8';
import { usableMemory } from './memory.ts';

const MiB = 2 ** 20;

/** What lives in the heap of the thread that answers, and in those of a worker's threads (2026-11-23, decision 0033). */
const LIVING = { answering: 75 * MiB, perWorker: 20 * MiB };

/** Part of the memory that the growth of all heaps together may take. */
const SHARE = 1 / 20;

/** Growth in % that V8 never exceeds by itself. */
const MOST = 300;

/** Growth in % below which V8's own choice is as good. */
const LEAST = 50;

/**
 * By how much a heap may grow over what lives in it before V8 goes through the whole of it, in % (50 to 300); 0 leaves it to V8, which
 * collects after as little as 10 %. V8 has one number for the heaps of all threads, so what they may take together bounds it.
 * @param memory bytes that the process may use
 */
export function heapGrowingPercent(workers: number, memory: number): number {
  const living = LIVING.answering + workers * LIVING.perWorker;
  const percent = Math.min(MOST, Math.floor((100 * memory * SHARE) / living));
  return percent < LEAST ? 0 : percent;
}

/** For the heaps of all threads of this process, from their next collection on. May be called again with other settings. */
export function letHeapsGrow(workers: number, memory = usableMemory()): void {
  setFlagsFromString(`--heap-growing-percent=${heapGrowingPercent(workers, memory)}`);
}
