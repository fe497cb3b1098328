import { readdirSync, readFileSync } from 'node:fs';
import { availableParallelism, constants, setPriority } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';

/** Up to so many cores, V8's own threads take the core from the thread that answers: for some milliseconds at a time. */
const FEW_CORES = 2;
/** As Linux has the names of the threads that compile and collect garbage. */
const V8_THREAD = 'V8Worker';

interface FewCoresDeps {
  cores?: number;
  setFlags?: (flag: string) => void;
  lower?: (thread: number, priority: number) => void;
  /** Where Linux lists the threads of this process, a folder for each. */
  threads?: string;
}

/**
 * Where there are few cores, the thread that answers goes before V8's: it collects its young garbage by itself (`--no-parallel-scavenge`),
 * and, on Linux, the threads that compile and collect beside it run at a lower priority. Call it before anything else; it holds for the
 * whole process.
 */
export function favorAnswers({
  cores = availableParallelism(),
  setFlags = setFlagsFromString,
  lower = setPriority,
  threads = '/proc/self/task',
}: FewCoresDeps = {}): void {
  if (cores > FEW_CORES) return;
  setFlags('--no-parallel-scavenge');
  for (const thread of threadsNamed(V8_THREAD, threads)) {
    try {
      lower(thread, constants.priority.PRIORITY_BELOW_NORMAL);
    } catch {
      // It has ended, or the system does not allow it: answers wait a little longer, and that is all.
    }
  }
}

function threadsNamed(name: string, folder: string): number[] {
  try {
    return readdirSync(folder)
      .filter((thread) => readFileSync(join(folder, thread, 'comm'), 'utf8').trim() === name)
      .map(Number);
  } catch {
    // Not Linux, or no `/proc`.
    return [];
  }
}
