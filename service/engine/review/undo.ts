import type { ReviewId, SubjectId } from '../../lib/id.ts';
import { Problem } from '../../lib/problem.ts';
import type { Actor } from '../audit/index.ts';
import { deleteDistinct, type Realm } from '../subjects/index.ts';
import type { DecideDeps } from './decide.ts';
import { decidesSession, undoUntilOf } from './item-of-row.ts';
import type { ReviewItem } from './review-item.ts';
import type { ReviewRow } from './review-store.ts';

/** `Reviews.undo`. */
export function createUndo({ store, find, load, inTransaction, audit, clock }: DecideDeps) {
  return async function undo(realm: Realm, id: ReviewId, actor: Actor): Promise<ReviewItem> {
    await find(realm, id);
    await inTransaction(async (tx) => {
      const row = (await store.find(realm, id, tx))!;
      requireUndoable(row, clock.now());
      const { subject, other, decision } = row;
      if (decision === 'not-same-person' && other !== null)
        await deleteDistinct(tx, subject as SubjectId, other as SubjectId);
      await store.reopen(tx, id);
      await audit.add(tx, {
        actor,
        action: 'review.undo',
        organization: realm.organization,
        target: id,
        details: { world: realm.world, decision, subject, ...(other === null ? {} : { other }) },
      });
    });
    return load(realm, id);
  };
}

function requireUndoable(row: ReviewRow, now: number): void {
  if (row.state !== 'decided') throw new Problem('CONFLICT', 'Nothing is decided that could be undone.');
  if (decidesSession(row))
    throw new Problem(
      'CONFLICT',
      'A session went on by it: it was decided, or waits for the review of a further likeness. The decision stands.',
    );
  if (row.enrolled === 1)
    throw new Problem(
      'CONFLICT',
      `The decision enrolled ${row.other}: disable or erase that person instead.`,
    );
  const until = undoUntilOf(row);
  if (until === undefined || until <= now)
    throw new Problem('CONFLICT', 'A decision can be undone for 24 hours; this one stands.');
}
