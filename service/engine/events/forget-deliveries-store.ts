import type { SubjectId } from '../../lib/id.ts';
import type { Tx } from '../../storage/transaction.ts';

/**
 * What erasing these people does to events: nobody is told of them any more. Deliveries stay in their log, about nobody; what was
 * not passed on yet never will be.
 */
export async function forgetDeliveries(tx: Tx, subjects: readonly SubjectId[], now: number): Promise<void> {
  if (subjects.length === 0) return;
  await tx
    .updateTable('outbox')
    .set(({ fn, ref, val }) => ({
      subject: null,
      personal_sealed: null,
      relayed_at: fn.coalesce(ref('relayed_at'), val(now)),
    }))
    .where('subject', 'in', subjects)
    .execute();
  await tx
    .updateTable('webhook_attempt')
    .set({ exchange_sealed: null })
    .where('delivery', 'in', (of) =>
      of.selectFrom('webhook_delivery').select('id').where('subject', 'in', subjects),
    )
    .execute();
  await tx
    .updateTable('webhook_delivery')
    .set({ state: 'dropped', state_reason: 'erased', next_at: null, finished_at: now })
    .where('subject', 'in', subjects)
    .where('state', '=', 'waiting')
    .execute();
  await tx
    .updateTable('webhook_delivery')
    .set({ subject: null, url_sealed: null })
    .where('subject', 'in', subjects)
    .execute();
}
