import { fork } from 'node:child_process';
import { noteProgress } from '../../../lib/progress/progress.ts';
import type { Haystack, Needle } from './search-files.ts';
import type { SearchReport, SearchTask } from './search-process.ts';

/** What the process needs of the environment: secrets stand in the rest. */
const PASSED = ['PATH', 'SystemRoot', 'NODE_COMPILE_CACHE', 'ELECTRON_RUN_AS_NODE'];

/**
 * As `searchFiles`, in a process of its own: closing a file releases every POSIX lock that this process holds on it, those of SQLite on an
 * open database and on writer.lock.db among them.
 */
export function searchInProcess(files: readonly string[], needles: readonly Needle[]): Promise<Haystack> {
  const child = fork(
    new URL(import.meta.url.endsWith('.ts') ? './search-process.ts' : './search-process.js', import.meta.url),
    {
      serialization: 'advanced',
      // What is searched for is personal: no signal opens an inspector.
      execArgv: ['--disable-sigusr1', '--disable-warning=ExperimentalWarning'],
      env: Object.fromEntries(Object.entries(process.env).filter(([name]) => PASSED.includes(name))),
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    },
  );
  return new Promise((resolve, reject) => {
    child.on('message', (news: SearchReport) => {
      if ('found' in news) resolve(news.found);
      else if ('failed' in news) reject(new Error(news.failed));
      else noteProgress('searching the files', news.read, files.length);
    });
    child.once('error', reject);
    child.once('exit', (code, signal) =>
      reject(new Error(`The process that searches the files ended with ${signal ?? code}.`)),
    );
    child.send({ files, needles } satisfies SearchTask);
  });
}
