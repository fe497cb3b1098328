import type { Clock } from '../../lib/clock.ts';
import type { Ids } from '../../lib/id.ts';
import type { Db, InTransaction } from '../../storage/transaction.ts';
import type { Audit } from '../audit/index.ts';
import type { Models } from '../models/index.ts';
import type { Organizations } from '../organizations/index.ts';
import type { Subjects } from '../subjects/index.ts';
import type { ReviewSealer } from './review-store.ts';

export interface ReviewsDeps {
  db: Db;
  inTransaction: InTransaction;
  sealer: ReviewSealer;
  audit: Audit;
  ids: Ids;
  clock: Clock;
  subjects: Pick<Subjects, 'find' | 'enroll'>;
  organizations: Pick<Organizations, 'get'>;
  models: Pick<Models, 'current'>;
}
