import type { Clock } from '../../lib/clock.ts';
import type { Ids } from '../../lib/id.ts';
import type { Log } from '../../lib/log.ts';
import type { Db, InTransaction } from '../../storage/transaction.ts';
import type { Audit } from './audit.ts';

/** What compose gives almost every feature: each names what it takes of it. */
export interface Foundation {
  db: Db;
  inTransaction: InTransaction;
  audit: Audit;
  ids: Ids;
  clock: Clock;
  log: Log;
}
