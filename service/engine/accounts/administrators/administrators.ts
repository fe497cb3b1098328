import { randomFillSync } from 'node:crypto';
import { defined } from '../../../lib/defined.ts';
import type { AdministratorId, OrganizationId } from '../../../lib/id.ts';
import { Problem } from '../../../lib/problem.ts';
import type { Tx } from '../../../storage/transaction.ts';
import type { Actor, AuditAction, Foundation } from '../../audit/index.ts';
import type { Organizations } from '../organizations/organizations.ts';
import { type Accounts, createAccounts, createOneTimeCodes, type OneTimeCodes } from './accounts.ts';
import {
  type AdministratorSession,
  type From,
  hashSecret,
  type OpenedSession,
  type Random,
} from './administrator.ts';
import {
  type Account,
  normalizeEmail,
  type SignInIntegrity,
  selectAccount,
  selectAccountByEmail,
  selectAccounts,
  selectAllAccounts,
  updateAccount,
} from './administrator-store.ts';
import { type ChangeAccounts, createChangeAccounts } from './change-accounts.ts';
import { deleteFace } from './face-store.ts';
import { createFaces, type Faces, type FacesDeps } from './faces/faces.ts';
import { type Attempt, createSignInFailures } from './failures.ts';
import type { Parts } from './parts.ts';
import { deleteOldChallenges } from './passkey-store.ts';
import { CHALLENGE_LIFE, createChallenges } from './passkeys/challenges.ts';
import { createPasskeys, type Passkeys } from './passkeys/passkeys.ts';
import { createPasswordHashes, type HashingOptions, requireStrong } from './passwords/password-rules.ts';
import {
  deleteEndedCodes,
  deleteEndedSessions,
  deleteEndedTickets,
  deleteOneTimeCode,
  deleteOneTimeCodes,
  deleteSession,
  deleteSessions,
  deleteTickets,
  selectSession,
  selectSessions,
} from './session-store.ts';
import { createSessions, type SessionTerms } from './sessions.ts';
import {
  checkPassword,
  createSecondStep,
  createSignIn,
  createTickets,
  isOverdue,
  mayEnter,
  noteRefused,
  refused,
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

type Tidying = ReturnType<typeof createTidying>;

function createTidying(parts: Parts, terms: SessionTerms) {
  const { inTransaction, integrity, audit, clock, failures } = parts;
  return {
    /**
     * Removes sessions, tickets, codes and challenges that are over and failures that are forgotten, and notes whose deadline for a second
     * factor has passed. Called again and again by the running service.
     */
    tidy: (): Promise<void> =>
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

    /**
     * At the first start after a restore: what was signed out, used up or withdrawn since the backup was made would work again. So faces
     * are removed too: their consent may have been taken back meanwhile.
     */
    endAll: (): Promise<void> =>
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

type OwnPassword = ReturnType<typeof createOwnPassword>;

function createOwnPassword(parts: Parts, codes: OneTimeCodes) {
  const { db, inTransaction, integrity, hashes, failures, sessions, organizations } = parts;

  /** All names that a guess would begin with. */
  async function requireGood(password: string, { email, name, organization }: Account): Promise<void> {
    requireStrong(password, [email, name, (await organizations.get(organization)).name]);
  }

  /** Runs a check that was counted as a failure in advance; an unexpected error takes the count back. */
  async function judged<T>(attempt: Attempt, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      await inTransaction((tx) => attempt.takeBack(tx));
      throw error;
    }
  }

  return {
    /** Ends the other sessions. Throws SIGN_IN_REFUSED, SIGN_IN_DELAYED, PASSWORD_TOO_WEAK. */
    async changePassword(id: string, old: string, next: string, who: Actor): Promise<void> {
      const { row, account } = await sessions.require(db, id);
      if (row.limitedTo !== undefined) throw new Problem('SECOND_FACTOR_REQUIRED', '2FA enrollment required');
      await requireGood(next, account);
      const attempt = await failures.begin(account.email, row.source);
      const hash = await judged(attempt, async () => {
        const share = { organization: account.organization, key: account.id };
        if (!(await checkPassword(hashes, account, old, share))) return undefined;
        return hashes.hash(next);
      });
      if (hash === undefined) {
        await noteRefused(parts, account, 'password-change');
        throw refused();
      }
      await inTransaction(async (tx) => {
        const held = await sessions.require(tx, id);
        if (held.account.password !== account.password) throw refused();
        await attempt.takeBack(tx);
        await write(parts, tx, { account: held.account, hash, keep: id, who, action: 'password.change' });
      });
    },

    /** Throws SIGN_IN_REFUSED, SIGN_IN_DELAYED, PASSWORD_TOO_WEAK (the code is not used up then). */
    async setPasswordWithCode(typed: string, code: string, password: string, from: From): Promise<void> {
      const email = normalizeEmail(typed.slice(0, 1_000));
      requireStrong(password, [email]);
      const attempt = await failures.begin(email, from.source);
      const known = await selectAccountByEmail(db, integrity, email);
      const account = mayEnter(known) ? known : undefined;
      // An account that is not there is asked for its code too.
      const right = await codes.holds(db, account?.id ?? NO_ACCOUNT, 'password', code);
      const hash =
        account &&
        right &&
        (await judged(attempt, async () => {
          await requireGood(password, account);
          return hashes.hash(password);
        }));
      const done =
        hash &&
        (await inTransaction(async (tx) => {
          const now = await selectAccountByEmail(tx, integrity, email);
          if (!mayEnter(now) || !(await codes.use(tx, now.id, 'password', code))) return false;
          await attempt.takeBack(tx);
          const who: Actor = { is: 'administrator', administrator: now.id };
          await write(parts, tx, { account: now, hash, who, action: 'password.set' });
          return true;
        }));
      if (done) return;
      await noteRefused(parts, known, 'password-code');
      throw refused();
    },
  };
}

const NO_ACCOUNT = 'adm_' as AdministratorId;

async function write(
  { integrity, audit }: Parts,
  tx: Tx,
  {
    account,
    hash,
    keep,
    who,
    action,
  }: { account: Account; hash: string; keep?: string; who: Actor; action: AuditAction },
): Promise<void> {
  const { id, organization } = account;
  await updateAccount(tx, integrity, id, { password: hash });
  const ended = await deleteSessions(tx, id, keep);
  await deleteTickets(tx, id);
  await deleteOneTimeCode(tx, id, 'password');
  const details = defined({ session: keep, endedSessions: ended });
  await audit.add(tx, { actor: who, action, organization, target: id, details });
}

/** The sessions there are: who holds one, and how they end. */
type OwnSessions = ReturnType<typeof createOwnSessions>;

async function endAllOf(tx: Tx, administrator: AdministratorId): Promise<number> {
  await deleteTickets(tx, administrator);
  return deleteSessions(tx, administrator);
}

function createOwnSessions({ db, inTransaction, integrity, audit, sessions }: Parts) {
  async function end(id: string, who: Actor, action: AuditAction, account: Account): Promise<void> {
    await inTransaction(async (tx) => {
      if (!(await deleteSession(tx, id))) return;
      const { organization, id: target } = account;
      await audit.add(tx, { actor: who, action, organization, target, details: { session: id } });
    });
  }

  return {
    /** Counts as a use. Undefined: unknown, ended, over, or of an account that is disabled. */
    async sessionOf(secret: string): Promise<OpenedSession | undefined> {
      const found = await sessions.find(db, { secretHash: hashSecret(secret) });
      if (!found) return undefined;
      return { session: await sessions.touch(found), secret, csrf: sessions.csrfOf(found.row.id) };
    },
    /** As `sessionOf`, for a token that names its session. */
    async sessionById(id: string): Promise<AdministratorSession | undefined> {
      const found = await sessions.find(db, { id });
      return found && sessions.touch(found);
    },
    /** As `sessionById`, and no use. */
    async lookAtSession(id: string): Promise<AdministratorSession | undefined> {
      const found = await sessions.find(db, { id });
      return found && sessions.shown(found.row, found.account);
    },
    checkCsrf: (id: string, sent: string | undefined): boolean =>
      sent !== undefined && integrity.verify('administrator-csrf', [id], sent),
    /** One that has ended already is left alone. */
    async signOut(id: string, who: Actor): Promise<void> {
      const row = await selectSession(db, integrity, { id });
      const account = row && (await selectAccount(db, integrity, row.administrator));
      if (account) await end(id, who, 'administrator.sign-out', account);
    },
    /** The newest first. */
    async listSessions(administrator: AdministratorId): Promise<AdministratorSession[]> {
      const account = await selectAccount(db, integrity, administrator);
      if (!account) return [];
      const rows = await selectSessions(db, integrity, administrator);
      return rows.filter(sessions.goesOn).map((row) => sessions.shown(row, account));
    },
    /** Throws NOT_FOUND, also for the session of another administrator. */
    async endSession(administrator: AdministratorId, id: string, who: Actor): Promise<void> {
      const row = await selectSession(db, integrity, { id });
      const account = await selectAccount(db, integrity, administrator);
      if (!row || !account || row.administrator !== administrator)
        throw new Problem('NOT_FOUND', `There is no session ${id}: it may have ended.`);
      await end(id, who, 'administrator.end-session', account);
    },
    /** All of the account, and sign-ins that have begun. Gives how many sessions there were. */
    endSessions: (administrator: AdministratorId, who: Actor): Promise<number> =>
      inTransaction(async (tx) => {
        const account = await selectAccount(tx, integrity, administrator);
        if (!account) return 0;
        const ended = await endAllOf(tx, administrator);
        await audit.add(tx, {
          actor: who,
          action: 'administrator.end-sessions',
          organization: account.organization,
          target: administrator,
          details: { sessions: ended },
        });
        return ended;
      }),
    /** All sessions of all accounts of the organization, and sign-ins that have begun. Gives how many sessions there were. */
    endSessionsOf: (organization: OrganizationId, who: Actor): Promise<number> =>
      inTransaction(async (tx) => {
        let ended = 0;
        for (const { id } of await selectAccounts(tx, integrity, organization))
          ended += await endAllOf(tx, id);
        const action = 'administrator.end-all';
        await audit.add(tx, { actor: who, action, organization, details: { sessions: ended } });
        return ended;
      }),
  };
}
