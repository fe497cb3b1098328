import type { Clock } from '../../lib/clock.ts';
import type { Ids } from '../../lib/id.ts';
import type { Db, InTransaction } from '../../storage/transaction.ts';
import type { Access } from '../access/index.ts';
import type { Audit } from '../audit/index.ts';
import type { Events } from '../events/index.ts';
import type { Organizations } from '../organizations/index.ts';
import type { DecidedSession, Sessions } from '../sessions/index.ts';
import type { Realm } from '../subjects/index.ts';
import type { RegionTerms } from './invitation-page.ts';
import type { RegistrationSealer, RegistrationStore } from './registration-store.ts';

export interface RegistrationsDeps {
  db: Db;
  inTransaction: InTransaction;
  sealer: RegistrationSealer;
  sessions: Pick<Sessions, 'prepare' | 'requireBrowser'>;
  organizations: Pick<Organizations, 'get' | 'lookOf'>;
  access: Pick<Access, 'originsOf'>;
  uniqueness: {
    /** Throws CONFLICT for a region that has ended. */
    termsOf(realm: Realm, scope: string): Promise<RegionTerms>;
  };
  /** 0..1, from what the challenge of the session found. */
  humannessOf(liveness: NonNullable<DecidedSession['liveness']>): number;
  audit: Audit;
  events: Events;
  ids: Ids;
  clock: Clock;
  random: (into: Uint8Array) => void;
}

/** What the parts of the feature are built on. */
export interface RegistrationParts extends RegistrationsDeps {
  store: RegistrationStore;
}
