import type { Clock } from '../../../lib/clock.ts';
import type { Ids } from '../../../lib/id.ts';
import type { Log } from '../../../lib/log.ts';
import type { Db, InTransaction } from '../../../storage/transaction.ts';
import type { Actor, Audit } from '../../audit/index.ts';
import type { Organizations } from '../organizations/organizations.ts';
import type { Random } from './administrator.ts';
import type { SignInIntegrity } from './administrator-store.ts';
import type { SignInFailures } from './failures.ts';
import type { PasswordHashes } from './passwords/password-hashes.ts';
import type { Sessions } from './sessions.ts';

/** What the parts of the feature are built on. */
export interface Parts {
  db: Db;
  inTransaction: InTransaction;
  integrity: SignInIntegrity;
  audit: Audit;
  ids: Ids;
  clock: Clock;
  log: Log;
  random: Random;
  organizations: Pick<Organizations, 'get' | 'getIn' | 'setFaceFactor'>;
  hashes: PasswordHashes;
  failures: SignInFailures;
  sessions: Sessions;
}

/** Actor of audit lines about refused sign-ins, whose person is unknown. */
export const unknownPerson: Actor = { is: 'appliance', task: 'sign-in' };
