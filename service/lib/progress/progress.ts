import { AsyncLocalStorage } from 'node:async_hooks';

/** How far a long work is. */
export interface Progress {
  /** In English: `sealing`. */
  step: string;
  done?: number;
  of?: number;
}

const followers = new AsyncLocalStorage<(progress: Progress) => void>();

/** Says how far the work is that is under way, to the one who follows it; nothing where none does. */
export function noteProgress(step: string, done?: number, of?: number): void {
  followers.getStore()?.({ step, ...(done !== undefined && { done }), ...(of !== undefined && { of }) });
}

/** Runs `work`; `follow` gets what it notes. */
export const withProgress = <T>(follow: (progress: Progress) => void, work: () => T): T =>
  followers.run(follow, work);
