/**
 * Searches files for byte patterns (search-in-process.ts): this file is a thread of the service, and the process that the thread starts.
 */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { isMainThread, parentPort } from 'node:worker_threads';
import { lowerThisThread } from '../../../lib/machine/thread-priority.ts';
import { type Haystack, type Needle, searchFiles } from './search-files.ts';

export interface SearchTask {
  files: readonly string[];
  needles: readonly Needle[];
}

/** The number of files that are read, then the result, or why there is none; `ended`: by what, before there was one. */
export type SearchReport = { read: number } | { found: Haystack } | { failed: string } | { ended: string };

/** What the process needs of the environment: secrets stand in the rest. */
const PASSED = ['PATH', 'SystemRoot', 'NODE_COMPILE_CACHE', 'ELECTRON_RUN_AS_NODE'];

/** Hands the task to a process, and its reports on, until it ends. */
function searchInProcess(task: SearchTask, post: (news: SearchReport) => void): void {
  const child = fork(fileURLToPath(import.meta.url), {
    serialization: 'advanced',
    // What is searched for is personal: no signal opens an inspector.
    execArgv: ['--disable-sigusr1', '--disable-warning=ExperimentalWarning'],
    env: Object.fromEntries(Object.entries(process.env).filter(([name]) => PASSED.includes(name))),
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  child.on('message', (news: SearchReport) => post(news));
  // Where it is killed before it has read the task, an error of the pipe comes before its end, which says by what.
  child.on('error', ({ message }) => child.pid === undefined && post({ ended: message }));
  child.once('exit', (code, signal) => post({ ended: String(signal ?? code) }));
  child.send(task);
}

async function search({ files, needles }: SearchTask, post: (news: SearchReport) => void): Promise<void> {
  try {
    post({ found: await searchFiles(files, needles, (read) => post({ read })) });
  } catch (error) {
    post({ failed: (error as Error).message });
  }
  process.disconnect();
}

if (isMainThread) {
  lowerThisThread();
  process.once('message', (task: SearchTask) => search(task, (news) => process.send?.(news)));
} else {
  parentPort!.once('message', (task: SearchTask) =>
    searchInProcess(task, (news) => parentPort!.postMessage(news)),
  );
}
