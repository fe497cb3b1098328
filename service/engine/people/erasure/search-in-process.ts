import { Worker } from 'node:worker_threads';
import { Problem } from '../../../lib/problem.ts';
import { noteProgress } from '../../../lib/progress/progress.ts';
import type { Haystack, Needle } from './search-files.ts';
import type { SearchReport, SearchTask } from './search-process.ts';

/**
 * As `searchFiles`, in a process of its own: closing a file releases every POSIX lock that this process holds on it, those of SQLite on an
 * open database and on writer.lock.db among them. A thread starts it: to start a process, the system copies the table of this one's pages,
 * which holds the thread that does so for 70 to 140 ms where a million people are in memory (decision 0047).
 */
export function searchInProcess(files: readonly string[], needles: readonly Needle[]): Promise<Haystack> {
  const thread = new Worker(
    new URL(import.meta.url.endsWith('.ts') ? './search-process.ts' : './search-process.js', import.meta.url),
  );
  return new Promise<Haystack>((resolve, reject) => {
    thread.on('message', (news: SearchReport) => {
      if ('found' in news) resolve(news.found);
      else if ('failed' in news) reject(new Error(news.failed));
      else if ('ended' in news) reject(endedEarly(news.ended));
      else noteProgress('searching the files', news.read, files.length);
    });
    thread.once('error', reject);
    thread.once('exit', () => reject(new Error('The thread that has the files searched ended.')));
    thread.postMessage({ files, needles } satisfies SearchTask);
  });
}

const endedEarly = (by: string) =>
  new Problem(
    'STORAGE_UNAVAILABLE',
    `The erasure has begun and is not proven yet: the process that searches the files ended early (${by}), as where memory is short. It goes on by itself; the operator looks at the memory of the machine.`,
    { retryAfterSeconds: 60 },
  );
