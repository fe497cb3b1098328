import { type PageThread, startPageThread } from '../../lib/machine/page-thread.ts';
import { type Resealed, type ResealPage, resealPage } from './reseal.ts';

/**
 * For a pass over everything that is sealed: a page in a thread of its own, where no request waits for it, nor for what it leaves to
 * the collection of garbage. Keeps no key.
 */
export type Resealing = ReturnType<typeof openResealing>;

/** Under type stripping this file is `.ts`, after the build `.js`. */
const worker = new URL(
  import.meta.url.endsWith('.ts') ? './reseal-worker.ts' : './reseal-worker.js',
  import.meta.url,
);

/** Pages with fewer than `full` rows are done by the calling thread: a thread takes longer to start. */
export function openResealing(full: number) {
  let thread: PageThread<ResealPage, Resealed> | undefined;
  return {
    async reseal(page: ResealPage): Promise<Resealed> {
      if (page.rows.length < full) return resealPage(page);
      thread ??= startPageThread(worker, 'seals values anew');
      return thread.ask(page);
    },
    close: async (): Promise<unknown> => thread?.close(),
  };
}
