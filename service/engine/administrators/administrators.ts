import { randomFillSync } from 'node:crypto';
import type {
  PublicKeyCredentialCreationOptionsJSON,
  PublicKeyCredentialRequestOptionsJSON,
} from '@simplewebauthn/server';
import type { Clock } from '../../lib/clock.ts';
import type { AdministratorId, Ids, OrganizationId } from '../../lib/id.ts';
import type { Log } from '../../lib/log.ts';
import type { Db, InTransaction } from '../../storage/transaction.ts';
import type { Actor, Audit } from '../audit/index.ts';
import type { Organizations } from '../organizations/index.ts';
import type {
  Administrator,
  AdministratorChange,
  AdministratorSession,
  From,
  OpenedSession,
  Passkey,
  Site,
} from './administrator.ts';
import type { SignInIntegrity } from './administrator-store.ts';
import { createSignInFailures } from './failures.ts';
import { createEnrolling, type Enrolling } from './manage.ts';
import { createOneTimeCodes } from './one-time-codes.ts';
import { createOwnSessions, type OwnSessions } from './own-sessions.ts';
import type { Parts } from './parts.ts';
import { createPasswordHashes, type HashingOptions } from './password-hashes.ts';
import type { Random } from './secret-text.ts';
import { createSessions, type SessionTerms } from './sessions.ts';
import { createSignIn, type SignIn } from './sign-in.ts';
import { createTickets } from './tickets.ts';

/** Administrators, how they sign in, and their sessions. */
export interface Administrators extends SignIn, Enrolling, OwnSessions {
  /** WebAuthn options for a ticket, or to prove the factor again in a session. Throws SIGN_IN_REFUSED, PASSKEY_REFUSED. */
  passkeyRequestOptions(
    by: { ticket: string } | { session: string },
    site: Site,
  ): Promise<PublicKeyCredentialRequestOptionsJSON>;
  finishWithPasskey(ticket: string, credential: unknown, site: Site, from: From): Promise<OpenedSession>;
  finishWithRecoveryCode(ticket: string, code: string, from: From): Promise<OpenedSession>;
  /** Password and one-time code past the deadline: a session that can do nothing but enroll a factor. */
  openEnrollment(ticket: string, code: string, from: From): Promise<OpenedSession>;
  proveAgain(session: string, credential: unknown, site: Site): Promise<AdministratorSession>;
  passkeyCreationOptions(session: string, site: Site): Promise<PublicKeyCredentialCreationOptionsJSON>;
  /** Ends what the session is limited to. */
  addPasskey(
    session: string,
    credential: unknown,
    name: string | undefined,
    site: Site,
    who: Actor,
  ): Promise<Passkey>;
  listPasskeys(administrator: AdministratorId): Promise<Passkey[]>;
  /** Throws LAST_FACTOR, NOT_FOUND. */
  removePasskey(administrator: AdministratorId, id: string, who: Actor): Promise<void>;
  /** Ten, shown this once, in place of earlier ones. Throws CONFLICT without a second factor. */
  newRecoveryCodes(administrator: AdministratorId, who: Actor): Promise<string[]>;
  /** Ends the other sessions. Throws SIGN_IN_REFUSED, SIGN_IN_DELAYED, PASSWORD_TOO_WEAK. */
  changePassword(session: string, old: string, next: string, who: Actor): Promise<void>;
  /** Throws SIGN_IN_REFUSED, SIGN_IN_DELAYED, PASSWORD_TOO_WEAK (the code is not used up then). */
  setPasswordWithCode(email: string, code: string, password: string, from: From): Promise<void>;
  /** Throws NOT_FOUND, and CONFLICT where no enabled owner of the organization or of the appliance would be left. */
  change(
    organization: OrganizationId,
    id: AdministratorId,
    change: AdministratorChange,
    who: Actor,
  ): Promise<Administrator>;
  /** The way back in: ends all sessions and gives a one-time code; failures are forgotten. */
  reset(
    id: AdministratorId,
    what: { password?: boolean; factors?: boolean },
    who: Actor,
  ): Promise<{ code: string }>;
  /** Forgets the failed sign-ins of the account, and nothing else. */
  unlock(id: AdministratorId, who: Actor): Promise<{ failures: number }>;
  /** As `change`. */
  remove(organization: OrganizationId, id: AdministratorId, who: Actor): Promise<void>;
}

export interface AdministratorsDeps {
  db: Db;
  inTransaction: InTransaction;
  integrity: SignInIntegrity;
  audit: Audit;
  ids: Ids;
  clock: Clock;
  log: Log;
  organizations: Pick<Organizations, 'get'>;
  random?: Random;
  hashing?: HashingOptions;
  terms?: SessionTerms;
}

const MINUTE = 60_000;
const usual: SessionTerms = { idle: 30 * MINUTE, absolute: 12 * 60 * MINUTE };

/** What is there so far. */
type Begun = SignIn & Enrolling & OwnSessions;

export function createAdministrators(deps: AdministratorsDeps): Begun {
  const { integrity, random = randomFillSync, hashing, terms = usual } = deps;
  const pepper = Buffer.from(integrity.mac('administrator-password', ['pepper-1']), 'base64url');
  const sessions = createSessions({ ...deps, random, terms });
  const parts: Parts = {
    ...deps,
    random,
    hashes: createPasswordHashes(pepper, hashing),
    failures: createSignInFailures(deps),
    sessions,
  };
  const tickets = createTickets(parts);
  const codes = createOneTimeCodes(parts);
  return { ...createOwnSessions(parts), ...createSignIn(parts, tickets), ...createEnrolling(parts, codes) };
}
