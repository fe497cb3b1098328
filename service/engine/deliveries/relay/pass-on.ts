import type { Clock } from '../../../lib/clock.ts';
import type { Log } from '../../../lib/log.ts';
import { Problem } from '../../../lib/problem.ts';
import type { InTransaction, RowIntegrity, Tx } from '../../../storage/transaction.ts';
import type { RecordedEvent } from '../../events/index.ts';
import type { Jobs } from '../../jobs/index.ts';
import { markRelayed, selectStillUnrelayed } from '../relay-store.ts';
import { dropDelivered } from '../until-delivered-store.ts';
import type { Planned } from './plan-deliveries.ts';
import { queueDeliveries } from './queue-deliveries.ts';

/** Called once for each event, in the transaction that relays it. */
export interface EventWatch {
  watch(tx: Tx, events: readonly RecordedEvent[]): Promise<void>;
}

export interface PassOnDeps {
  inTransaction: InTransaction;
  jobs: Pick<Jobs, 'add'>;
  alerts?: EventWatch;
  clock: Clock;
  log: Log;
  integrity: RowIntegrity;
}

/** Writes what was planned for a batch of events: deliveries with their jobs, alerts, and that the events were passed on. */
export function createPassOn({ inTransaction, jobs, alerts, clock, log, integrity }: PassOnDeps) {
  async function write(batch: readonly Planned[], watching: EventWatch | undefined): Promise<void> {
    await inTransaction(async (tx) => {
      const now = clock.now();
      const still = await selectStillUnrelayed(
        tx,
        batch.map(({ row }) => row.id),
      );
      const left = batch.filter(({ row }) => still.has(row.id));
      if (left.length === 0) return;
      await watching?.watch(
        tx,
        left.flatMap(({ event }) => event ?? []),
      );
      await queueDeliveries(
        { tx, integrity, jobs, now },
        left.flatMap(({ deliveries }) => deliveries),
      );
      await markRelayed(tx, [...still], now);
      await dropDelivered(
        tx,
        left.flatMap(({ row, deliveries }) => (deliveries.length === 0 ? [row.id] : [])),
      );
    });
  }

  /** A failure for one event does not stop the others, and a failing alert does not stop deliveries. */
  return async function passOn(batch: readonly Planned[]): Promise<void> {
    try {
      await write(batch, alerts);
    } catch (error) {
      // Storage that fails does so for all of them.
      if (error instanceof Problem) throw error;
      if (batch.length > 1) {
        for (const one of batch) await passOn([one]);
        return;
      }
      log.error(
        { event: batch[0]?.row.id, err: error },
        'alerts could not look at an event: it is delivered without',
      );
      await write(batch, undefined);
    }
  };
}
