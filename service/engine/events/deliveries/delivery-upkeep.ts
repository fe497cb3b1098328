import { setImmediate as pause } from 'node:timers/promises';
import type { EndpointId } from '../../../lib/id.ts';
import type { InTransaction, RowIntegrity, Tx } from '../../../storage/transaction.ts';
import type { Foundation } from '../../audit/index.ts';
import { reasons } from '../reasons.ts';
import type { EndpointBook } from '../webhooks/endpoint-book.ts';
import { SCHEDULE } from './deliver.ts';
import {
  becomeDue,
  dropOlder,
  type ParkedDelivery,
  selectParked,
  selectParkedBefore,
} from './endpoint-health-store.ts';
import type { DeliveryQueue } from './queue.ts';
import { settleDeliveries } from './queue-store.ts';

export interface DeliveryUpkeepDeps extends Pick<Foundation, 'db' | 'inTransaction' | 'clock'> {
  endpoints: Pick<EndpointBook, 'refresh' | 'catchUp' | 'altered'>;
  queue: Pick<DeliveryQueue, 'wake'>;
  integrity: RowIntegrity;
}

/** Work of deliveries outside their own transactions. */
export type DeliveryUpkeep = ReturnType<typeof createDeliveryUpkeep>;

const PAGE = 100;
/** Milliseconds; with a sweep every ten minutes nothing stays for more than a day. */
const UNDELIVERED_KEPT = 23.5 * 3_600_000;

export function createDeliveryUpkeep({
  db,
  inTransaction,
  endpoints,
  queue,
  clock,
  integrity,
}: DeliveryUpkeepDeps) {
  const changed = new Set<EndpointId>();

  const giveUp = (tx: Tx, these: readonly { id: string }[]) =>
    settleDeliveries(
      tx,
      integrity,
      these.map(({ id }) => ({ id, state: 'failed', reason: reasons['disabled-too-long'], nextAt: null })),
      { now: clock.now() },
    );

  /** Those whose schedule is over do not go out. */
  async function giveBack(parked: readonly ParkedDelivery[]): Promise<void> {
    await inTransaction(async (tx) => {
      const now = clock.now();
      const late = parked.filter(({ createdAt }) => createdAt + SCHEDULE < now);
      const inTime = parked.filter((one) => !late.includes(one));
      await giveUp(tx, late);
      await becomeDue(
        tx,
        inTime.map(({ id }) => id),
        now,
      );
    });
    queue.wake();
  }

  return {
    /** The next poll of the relay reads it into memory again. */
    switchedOff: (endpoint: EndpointId): void => void changed.add(endpoint),
    async refresh(): Promise<void> {
      await endpoints.catchUp();
      if (changed.size === 0) return;
      const ids = [...changed];
      // Transactions take turns: the one that switched them off has ended when this one begins.
      await inTransaction(async () => {});
      for (const id of ids) changed.delete(id);
      for (const id of ids) await endpoints.refresh(id);
    },
    /** Deliveries that wait for their endpoint go out where it is enabled again; ends early when `until` says so. */
    async resume(until: () => boolean): Promise<void> {
      while (!until()) {
        const parked = await selectParked(db, { limit: PAGE, except: endpoints.altered() });
        if (parked.length === 0) return;
        await giveBack(parked);
        await pause();
      }
    },
    /** Deliveries that waited for their endpoint for as long as attempts are made have failed. */
    async prune(): Promise<void> {
      await inPages(inTransaction, async (tx) => {
        const late = await selectParkedBefore(tx, clock.now() - SCHEDULE, PAGE);
        await giveUp(tx, late);
        return late.length;
      });
    },
    /** What events keep until they are delivered leaves them after a day all the same. */
    dropUndelivered: (): Promise<void> =>
      inPages(inTransaction, (tx) => dropOlder(tx, clock.now() - UNDELIVERED_KEPT, PAGE)),
  };
}

async function inPages(inTransaction: InTransaction, work: (tx: Tx) => Promise<number>): Promise<void> {
  while ((await inTransaction(work)) === PAGE) await pause();
}
