import type { Clock } from '../../lib/clock.ts';
import type { OrganizationId } from '../../lib/id.ts';
import type { Db, InTransaction } from '../../storage/transaction.ts';
import type { Administrators } from '../administrators/index.ts';
import type { Audit } from '../audit/index.ts';
import type { Organizations } from '../organizations/index.ts';
import type { SetupIntegrity } from './setup-store.ts';

/** What the operator of the box reads. */
export interface SetupOpening {
  /** `closed`: the box has an owner. `claimed`: a browser has used the token. */
  is: 'closed' | 'open' | 'claimed';
  /** Only while it can be used. */
  token?: string;
  expiresAt?: number;
}

/** The token for who can read the data directory. */
export interface TokenFile {
  read(): string | undefined;
  write(token: string): void;
  remove(): void;
}

export interface SetupDeps {
  db: Db;
  inTransaction: InTransaction;
  integrity: SetupIntegrity;
  audit: Audit;
  clock: Clock;
  organizations: Pick<Organizations, 'list' | 'create' | 'set'>;
  administrators: Pick<Administrators, 'create' | 'list' | 'ownersExist' | 'signIn'>;
  hasPeople(organization: OrganizationId): Promise<boolean>;
  file: TokenFile;
  random(into: Uint8Array): void;
}
