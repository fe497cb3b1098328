import type { Db, RowIntegrity } from '../../storage/transaction.ts';
import type { PersonalData } from '../personal-data/index.ts';
import { exportDeliveries, exportEvents } from './exported-deliveries-store.ts';
import { lookThenForget } from './forget-deliveries-store.ts';
import { expiringDeliveries, expiringEvents } from './old-deliveries-store.ts';

/**
 * What was delivered about a person. The outbox is here and not with `events`: an event and its deliveries are forgotten together,
 * in one pass over the events that name a person.
 */
export const createDeliveryData = ({ db, integrity }: { db: Db; integrity: RowIntegrity }): PersonalData => ({
  tables: {
    outbox: {
      columns: ['subject', 'personal_sealed', 'until_delivered_sealed', 'payload'],
      record: { in: 'events' },
    },
    delivery: { columns: ['subject', 'url_sealed'], record: { in: 'deliveries' } },
    delivery_attempt: { columns: ['exchange_sealed'], record: { in: 'deliveries.attempts' } },
  },
  lookThenForget: (subjects) => lookThenForget({ db, integrity }, subjects),
  expires: [expiringEvents(db), expiringDeliveries(db)],
  exportOf: async (person, order) => ({
    events: await exportEvents(db, person, order),
    deliveries: await exportDeliveries(db, person, order),
  }),
});
