import { availableParallelism } from 'node:os';
import { setFlagsFromString } from 'node:v8';

/** Up to so many cores, threads of the garbage collector would take the core from the thread that waits for them. */
const FEW_CORES = 2;

/**
 * Where there are few cores, the thread that answers collects its young garbage by itself (V8's `--no-parallel-scavenge`), instead of
 * waking threads that compete with it, and waiting for them. Call it before anything else runs; it holds for the whole process.
 */
export function collectGarbageFor(cores = availableParallelism(), setFlags = setFlagsFromString): void {
  if (cores <= FEW_CORES) setFlags('--no-parallel-scavenge');
}
