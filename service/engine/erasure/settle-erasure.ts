import type { Clock } from '../../lib/clock.ts';
import { defined } from '../../lib/defined.ts';
import type { Tx } from '../../storage/transaction.ts';
import { type Audit, readActor } from '../audit/index.ts';
import type { Events } from '../events/index.ts';
import type { ErasureRow, ErasureStore } from './erasure-store.ts';
import type { ErasureReceipt } from './receipt.ts';

export interface SettleDeps {
  store: Pick<ErasureStore, 'settle'>;
  audit: Audit;
  events: Events;
  clock: Clock;
}

/** The change of state, its audit line and its event, once for each state that is reached. */
export async function settleErasure(
  { store, audit, events, clock }: SettleDeps,
  tx: Tx,
  row: ErasureRow,
  receipt: ErasureReceipt,
): Promise<void> {
  const first = row.receipt === null;
  const settled = await store.settle(tx, row, {
    state: receipt.state,
    copies: JSON.stringify(receipt.copies),
    receipt: JSON.stringify(receipt),
    completed_at: receipt.state === 'done' ? clock.now() : null,
  });
  // Another process was at it too, and was first.
  if (!settled) return;
  const { organization, world, subject, request } = receipt;
  const attested = receipt.copies.filter(({ state }) => state === 'attested-destroyed').length;
  await audit.add(tx, {
    actor: readActor(row.actor),
    action: first ? 'subject.erase' : 'subject.erase.finish',
    organization,
    target: subject,
    ...defined({ request }),
    details: {
      erasure: row.id,
      world,
      reason: row.reason,
      state: receipt.state,
      copies: receipt.copies.length,
      unreachable: receipt.copies.filter(({ state }) => state === 'unreachable').length,
      ...(attested > 0 && { attested }),
      ledger: receipt.ledger.seq,
    },
  });
  if (!first) return;
  await events.add(tx, {
    type: 'subject.erased',
    organization,
    world,
    payload: { erasure: row.id, reason: row.reason },
  });
}
