import type { Clock } from '../../lib/clock.ts';
import type { Ids } from '../../lib/id.ts';
import type { Db, InTransaction } from '../../storage/transaction.ts';
import type { Access } from '../access/index.ts';
import type { Audit } from '../audit/index.ts';
import type { Events } from '../events/index.ts';
import type { Flows } from '../flows/index.ts';
import type { Limits } from '../limits/index.ts';
import type { Organizations } from '../organizations/index.ts';
import type { Profiles } from '../profiles/index.ts';
import type { Sessions } from '../sessions/index.ts';
import type { Subjects } from '../subjects/index.ts';
import type { LinkSealer, LinkStore } from './link-store.ts';

export interface HostedDeps {
  db: Db;
  inTransaction: InTransaction;
  sealer: LinkSealer;
  sessions: Pick<Sessions, 'prepare' | 'requireBrowser'>;
  flows: Pick<Flows, 'bySlug'>;
  organizations: Pick<Organizations, 'get' | 'lookOf'>;
  access: Pick<Access, 'originsOf'>;
  profiles: Pick<Profiles, 'get' | 'list'>;
  subjects: Pick<Subjects, 'birthDate'>;
  limits: Pick<Limits, 'admitVisit' | 'visitLevel'>;
  audit: Audit;
  events: Events;
  ids: Ids;
  clock: Clock;
  random: (into: Uint8Array) => void;
}

/** What the parts of the feature are built on. */
export interface HostedParts extends HostedDeps {
  store: LinkStore;
}

/** How long a person has from the consent on. */
export const SESSION_LIFE = 10 * 60_000;
