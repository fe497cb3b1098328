import { randomFillSync } from 'node:crypto';
import type { Foundation } from '../../audit/index.ts';
import type { Organizations } from '../organizations/organizations.ts';
import { type Accounts, createAccounts, createOneTimeCodes } from './accounts.ts';
import type { Random } from './administrator.ts';
import { type SignInIntegrity, selectAllAccounts, updateAccount } from './administrator-store.ts';
import { type ChangeAccounts, createChangeAccounts } from './change-accounts.ts';
import { deleteFace } from './face-store.ts';
import { createFaces, type Faces, type FacesDeps } from './faces/faces.ts';
import { createSignInFailures } from './failures.ts';
import { createOwnPassword, createOwnSessions, type OwnPassword, type OwnSessions } from './own-password.ts';
import type { Parts } from './parts.ts';
import { deleteOldChallenges } from './passkey-store.ts';
import { CHALLENGE_LIFE, createChallenges } from './passkeys/challenges.ts';
import { createPasskeys, type Passkeys } from './passkeys/passkeys.ts';
import { createPasswordHashes, type HashingOptions } from './passwords/password-rules.ts';
import {
  deleteEndedCodes,
  deleteEndedSessions,
  deleteEndedTickets,
  deleteOneTimeCodes,
  deleteSessions,
  deleteTickets,
} from './session-store.ts';
import { createSessions, type SessionTerms } from './sessions.ts';
import {
  createSecondStep,
  createSignIn,
  createTickets,
  isOverdue,
  type SecondStep,
  type SignIn,
} from './sign-in.ts';

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

export interface AdministratorsDeps extends FacesDeps, Foundation {
  integrity: SignInIntegrity;
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

interface Tidying {
  /**
   * Removes sessions, tickets, codes and challenges that are over and failures that are forgotten, and notes whose deadline for a second
   * factor has passed. Called again and again by the running service.
   */
  tidy(): Promise<void>;
  /**
   * At the first start after a restore: what was signed out, used up or withdrawn since the backup was made would work again. So faces
   * are removed too: their consent may have been taken back meanwhile.
   */
  endAll(): Promise<void>;
}

function createTidying(parts: Parts, terms: SessionTerms): Tidying {
  const { inTransaction, integrity, audit, clock, failures } = parts;
  return {
    tidy: () =>
      inTransaction(async (tx) => {
        const now = clock.now();
        await deleteEndedSessions(tx, { now, seen: now - terms.idle });
        await deleteEndedTickets(tx, now);
        await deleteEndedCodes(tx, now);
        await deleteOldChallenges(tx, now - CHALLENGE_LIFE);
        const accounts = await selectAllAccounts(tx, integrity);
        for (const account of accounts)
          if (!account.altered && !account.factorRequired && isOverdue(account, now))
            await updateAccount(tx, integrity, account.id, { factorRequired: true });
        await failures.tidy(
          tx,
          accounts.map(({ email }) => email),
        );
      }),

    endAll: () =>
      inTransaction(async (tx) => {
        let sessions = 0;
        let faces = 0;
        for (const { id } of await selectAllAccounts(tx, integrity)) {
          sessions += await deleteSessions(tx, id);
          await deleteTickets(tx, id);
          await deleteOneTimeCodes(tx, id);
          if (await deleteFace(tx, id)) faces += 1;
        }
        await deleteOldChallenges(tx, Number.MAX_SAFE_INTEGER);
        const actor = { is: 'appliance', task: 'start' } as const;
        await audit.add(tx, { actor, action: 'administrator.end-all', details: { sessions, faces } });
      }),
  };
}
