import type { RowIntegrity, Tx } from '../../../storage/transaction.ts';
import type { Jobs } from '../../jobs/index.ts';
import { insertDeliveries, type NewDelivery } from '../delivery-rows-store.ts';

/**
 * Writes deliveries and a job for each, in this order: the first attempts of one lane are made in it. The lane is the endpoint,
 * so that none waits for another; a callback's is its host.
 */
export async function queueDeliveries(
  { tx, integrity, jobs, now }: { tx: Tx; integrity: RowIntegrity; jobs: Pick<Jobs, 'add'>; now: number },
  deliveries: readonly NewDelivery[],
): Promise<void> {
  if (deliveries.length === 0) return;
  const added = await jobs.add(
    tx,
    deliveries.map((one) => ({
      kind: 'webhook' as const,
      payload: { delivery: one.id },
      organization: one.organization,
      lane: one.lane ?? one.endpoint,
      key: one.id,
    })),
  );
  await insertDeliveries(tx, integrity, deliveries, added, now);
}
