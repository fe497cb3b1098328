import { defined } from '../../../lib/defined.ts';
import type { DeliveryId, Ids } from '../../../lib/id.ts';
import { Problem } from '../../../lib/problem.ts';
import type { Db, InTransaction, RowIntegrity } from '../../../storage/transaction.ts';
import type { Audit } from '../../audit/index.ts';
import type { EndpointBook } from '../../webhooks/index.ts';
import { openWork } from '../deliver.ts';
import type { Deliveries } from '../delivery.ts';
import { type DeliveryRow, requireDelivery, selectDelivery, toDelivery } from '../delivery-store.ts';
import { type DeliveryWork, selectWork } from '../delivery-work-store.ts';
import { type ExchangeSealer, openOwned, sealOwned, urlField } from '../exchange-store.ts';
import type { Payloads } from '../payload.ts';
import type { DeliveryQueue } from '../queue.ts';

export interface ResendDeps {
  db: Db;
  inTransaction: InTransaction;
  sealer: ExchangeSealer;
  endpoints: Pick<EndpointBook, 'open'>;
  payloads: Payloads;
  queue: Pick<DeliveryQueue, 'add' | 'wake'>;
  audit: Audit;
  ids: Pick<Ids, 'next'>;
  integrity: RowIntegrity;
}

/** Repeats a delivery as a new delivery. */
export function createResend({
  db,
  inTransaction,
  sealer,
  endpoints,
  payloads,
  queue,
  audit,
  ids,
  integrity,
}: ResendDeps): Deliveries['resend'] {
  /** Throws CONFLICT where there is nothing to send it to, or nothing to send. */
  async function resendable(row: DeliveryRow): Promise<DeliveryWork & { event: string }> {
    const to = await endpoints.open(row.endpoint as DeliveryWork['endpoint']);
    if (to === undefined) throw new Problem('CONFLICT', `The endpoint ${row.endpoint} was removed.`);
    if (to.endpoint.state.is === 'disabled')
      throw new Problem(
        'CONFLICT',
        `The endpoint ${row.endpoint} is disabled (${to.endpoint.state.reason}): enable it first.`,
      );
    const work = (await selectWork(db, integrity, [row.id])).get(row.id);
    if (work?.event == null)
      throw new Problem('CONFLICT', 'This was a test: send another one with “webhook test”.');
    refuseAltered(work);
    const opened = await openWork(sealer, work);
    if (opened === undefined)
      throw new Problem(
        'CONFLICT',
        'The event is older than the term of deliveries, and is not kept any more.',
      );
    const payload = payloads.of(to.endpoint.family, opened);
    if (payload.is === 'body') return { ...work, event: work.event };
    throw nothingToSend(opened.is === 'erased', payload.reason);
  }

  /** A sealed value opens in its own row alone. */
  async function resealUrl(work: DeliveryWork, id: DeliveryId): Promise<Uint8Array | undefined> {
    if (work.url === null) return undefined;
    const kept = await openOwned<{ url: string }>(sealer, work, urlField(work.id), work.url);
    if (kept === undefined) throw new Problem('CONFLICT', 'Where it went is not known any more.');
    return sealOwned(sealer, work, urlField(id), kept);
  }

  return async function resend(realm, id, actor) {
    const row = await requireDelivery(db, realm, id);
    const work = await resendable(row);
    const again = ids.next('delivery');
    const url = await resealUrl(work, again);
    // Read before the commit: after it, the delivery may have gone out already.
    const added = await inTransaction(async (tx) => {
      await queue.add(tx, [
        {
          id: again,
          ...realm,
          endpoint: work.endpoint,
          event: work.event,
          name: work.name,
          subject: work.subject,
          origin: 'resend',
          ...defined({ url }),
          lane: work.lane,
        },
      ]);
      await audit.add(tx, {
        actor,
        action: 'delivery.resend',
        organization: realm.organization,
        target: again,
        details: { world: realm.world, of: row.id, endpoint: row.endpoint },
      });
      return selectDelivery(tx, realm, again);
    });
    queue.wake();
    return toDelivery(added!);
  };
}

function refuseAltered({ altered }: DeliveryWork): void {
  if (!altered) return;
  throw new Problem(
    'CONFLICT',
    'Another program wrote or changed the row of this delivery in the database: it is not sent.',
  );
}

const nothingToSend = (erased: boolean, reason: string) =>
  new Problem(
    'CONFLICT',
    erased ? 'The person of the event was erased.' : `There is nothing to send: ${reason}.`,
  );
