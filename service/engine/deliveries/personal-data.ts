import type { PersonalData } from '../personal-data/index.ts';
import { forgetDeliveries } from './forget-deliveries-store.ts';

/**
 * What others were told of a person. The outbox is here and not with `events`: an event and its deliveries are forgotten together,
 * in one pass over the events that name somebody.
 */
export const deliveryData: PersonalData = {
  tables: {
    outbox: { columns: ['subject', 'personal_sealed', 'payload'], record: { in: 'events' } },
    webhook_delivery: { columns: ['subject', 'url_sealed'], record: { in: 'deliveries' } },
    webhook_attempt: { columns: ['exchange_sealed'], record: { in: 'deliveries.attempts' } },
  },
  forget: forgetDeliveries,
};
