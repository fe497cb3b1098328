import { firstIdAt } from '../../lib/id.ts';
import { noDeliveryWaits, notHeld } from '../../storage/legal-holds.ts';
import type { Db, Tx } from '../../storage/transaction.ts';
import { countRows, deleteRows, type ExpiringRows, type Realm } from '../personal-data/index.ts';

/** An event that is still being delivered stays until that has ended. */
const oldEvents = (from: Db | Tx, { organization, world }: Realm, before: number) =>
  from
    .selectFrom('outbox as old')
    .where('old.organization', '=', organization)
    .where('old.world', '=', world)
    .where('old.created_at', '<', before)
    .where(notHeld)
    .where(noDeliveryWaits('old'));

export const expiringEvents = (db: Db): ExpiringRows => ({
  counted: 'events',
  term: 'deliveryDays',
  expire: (tx, realm, before, limit) =>
    deleteRows(
      tx.deleteFrom('outbox').where('id', 'in', oldEvents(tx, realm, before).select('old.id').limit(limit)),
    ),
  count: (realm, before) => countRows(oldEvents(db, realm, before)),
});

/** Ended deliveries. Their ids begin with the time, and are indexed. */
const oldDeliveries = (from: Db | Tx, { organization, world }: Realm, before: number) =>
  from
    .selectFrom('delivery as old')
    .where('old.organization', '=', organization)
    .where('old.world', '=', world)
    .where('old.id', '<', firstIdAt('delivery', before))
    .where('old.state', '<>', 'waiting')
    .where(notHeld);

/** With their attempts. */
export const expiringDeliveries = (db: Db): ExpiringRows => ({
  counted: 'deliveries',
  term: 'deliveryDays',
  async expire(tx, realm, before, limit) {
    const old = await oldDeliveries(tx, realm, before).select('old.id').limit(limit).execute();
    if (old.length === 0) return 0;
    const ids = old.map(({ id }) => id);
    await tx.deleteFrom('delivery_attempt').where('delivery', 'in', ids).execute();
    return deleteRows(tx.deleteFrom('delivery').where('id', 'in', ids));
  },
  count: (realm, before) => countRows(oldDeliveries(db, realm, before)),
});
