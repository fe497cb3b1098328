import { randomFillSync } from 'node:crypto';
import type { Clock } from '../../lib/clock.ts';
import type { Ids } from '../../lib/id.ts';
import type { Log } from '../../lib/log.ts';
import type { Db, InTransaction } from '../../storage/transaction.ts';
import type { Audit } from '../audit/index.ts';
import type { Organizations } from '../organizations/index.ts';
import { type Accounts, createAccounts } from './accounts.ts';
import type { SignInIntegrity } from './administrator-store.ts';
import { type ChangeAccounts, createChangeAccounts } from './change-accounts.ts';
import { createFaces, type Faces, type FacesDeps } from './faces/faces.ts';
import { createSignInFailures } from './failures.ts';
import { createOneTimeCodes } from './one-time-codes.ts';
import { createOwnPassword, type OwnPassword } from './own-password.ts';
import { createOwnSessions, type OwnSessions } from './own-sessions.ts';
import type { Parts } from './parts.ts';
import { createChallenges } from './passkeys/challenges.ts';
import { createPasskeys, type Passkeys } from './passkeys/passkeys.ts';
import { createPasswordHashes, type HashingOptions } from './passwords/password-hashes.ts';
import { createSecondStep, type SecondStep } from './second-step.ts';
import type { Random } from './secret-text.ts';
import { createSessions, type SessionTerms } from './sessions.ts';
import { createSignIn, type SignIn } from './sign-in.ts';
import { createTickets } from './tickets.ts';
import { createTidying, type Tidying } from './tidy.ts';

/** Administrators, how they sign in, and their sessions. */
export interface Administrators
  extends SignIn,
    SecondStep,
    Passkeys,
    Faces,
    OwnSessions,
    OwnPassword,
    Accounts,
    ChangeAccounts,
    Tidying {}

export interface AdministratorsDeps extends FacesDeps {
  db: Db;
  inTransaction: InTransaction;
  integrity: SignInIntegrity;
  audit: Audit;
  ids: Ids;
  clock: Clock;
  log: Log;
  organizations: Pick<Organizations, 'get' | 'getIn' | 'setFaceFactor'>;
  random?: Random;
  hashing?: HashingOptions;
  terms?: SessionTerms;
}

const MINUTE = 60_000;
const usual: SessionTerms = { idle: 30 * MINUTE, absolute: 12 * 60 * MINUTE };

export function createAdministrators(deps: AdministratorsDeps): Administrators {
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
  return {
    ...createSignIn(parts, tickets),
    ...createSecondStep(parts, tickets, codes),
    ...createPasskeys(parts, tickets, createChallenges(parts)),
    ...createFaces(parts, tickets, deps),
    ...createOwnSessions(parts),
    ...createOwnPassword(parts, codes),
    ...createAccounts(parts, codes),
    ...createChangeAccounts(parts, codes),
    ...createTidying(parts, terms),
  };
}
