import { setImmediate as pause } from 'node:timers/promises';
import { KEPT_AFTER_DECISION, KEPT_UNDECIDED } from './review-item.ts';
import type { createReviewStore } from './review-store.ts';
import type { ReviewsDeps } from './reviews-deps.ts';

/** Items whose pictures are erased in one transaction. */
const PAGE = 100;

/** `Reviews.eraseDue`. */
export function createEraseReviewed({
  store,
  inTransaction,
  clock,
}: Pick<ReviewsDeps, 'inTransaction' | 'clock'> & { store: ReturnType<typeof createReviewStore> }) {
  return async function eraseDue(): Promise<number> {
    const now = clock.now();
    for (let erased = 0; ; await pause()) {
      const due = await store.due(now - KEPT_AFTER_DECISION, now - KEPT_UNDECIDED, PAGE);
      if (due.length === 0) return erased;
      await inTransaction((tx) =>
        store.erase(
          tx,
          due.map(({ id }) => id),
          now,
        ),
      );
      erased += due.length;
    }
  };
}
