import { readdirSync, readFileSync } from 'node:fs';
import { setPriority } from 'node:os';

/** Under that of the thread that answers (0), and above what other programs run for later (19). */
const LOWER = { soon: 5, later: 10 };

/**
 * Lets other threads of a busy core go first. On Linux a priority is a thread's own; elsewhere it is the process's, and stays. A service
 * manager may forbid it (`SystemCallFilter=~@resources`): then the threads compete as equals. `soon`: others may come to wait for it.
 */
export function lowerThisThread(needed: keyof typeof LOWER = 'later'): void {
  if (process.platform === 'linux') lower(0, LOWER[needed]);
}

/**
 * The same for the threads in which V8 collects garbage and compiles beside the program: on one core they take turns of milliseconds
 * from the thread that answers, and what they do can wait. Node 24 names them `V8Worker`, Node 20 does not: there they stay as they are.
 */
export function lowerV8Threads(): void {
  if (process.platform !== 'linux') return;
  for (const thread of readdirSync('/proc/self/task'))
    if (nameOf(thread) === 'V8Worker') lower(Number(thread), LOWER.later);
}

function nameOf(thread: string): string | undefined {
  try {
    return readFileSync(`/proc/self/task/${thread}/comm`, 'utf8').trim();
  } catch {
    // It has ended.
    return undefined;
  }
}

function lower(thread: number, priority: number): void {
  try {
    setPriority(thread, priority);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_SYSTEM_ERROR') throw error;
  }
}
