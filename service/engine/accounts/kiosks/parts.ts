import type { Clock } from '../../../lib/clock.ts';
import type { Ids, KioskId } from '../../../lib/id.ts';
import type { Db, InTransaction } from '../../../storage/transaction.ts';
import type { Audit } from '../../audit/index.ts';
import type { Administrators } from '../administrators/administrators.ts';
import type { KioskIntegrity, KnownKiosk } from './kiosk-store.ts';

/** What the parts of the feature are built on. */
export interface KioskParts {
  db: Db;
  inTransaction: InTransaction;
  integrity: KioskIntegrity;
  audit: Audit;
  ids: Ids;
  clock: Clock;
  administrators: Pick<Administrators, 'list' | 'get'>;
  /** KiB that hashing a PIN takes; less in tests. */
  pinCost?: number;
  kioskOf(id: KioskId): Promise<KnownKiosk | undefined>;
}
