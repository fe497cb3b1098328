/** Searches files for byte patterns (search-in-process.ts). */
import { lowerThisThread } from '../../../lib/machine/thread-priority.ts';
import { type Haystack, type Needle, searchFiles } from './search-files.ts';

export interface SearchTask {
  files: readonly string[];
  needles: readonly Needle[];
}

/** The number of files that are read, then the result, or why there is none. */
export type SearchReport = { read: number } | { found: Haystack } | { failed: string };

const post = (news: SearchReport) => process.send?.(news);

lowerThisThread();
process.once('message', async ({ files, needles }: SearchTask) => {
  try {
    post({ found: await searchFiles(files, needles, (read) => post({ read })) });
  } catch (error) {
    post({ failed: (error as Error).message });
  }
  process.disconnect();
});
