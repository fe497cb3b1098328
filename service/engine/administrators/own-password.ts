import { defined } from '../../lib/defined.ts';
import type { AdministratorId } from '../../lib/id.ts';
import { Problem } from '../../lib/problem.ts';
import type { Tx } from '../../storage/transaction.ts';
import type { Actor } from '../audit/index.ts';
import type { From } from './administrator.ts';
import { type Account, normalizeEmail, selectAccountByEmail, updateAccount } from './administrator-store.ts';
import { deleteOneTimeCode } from './code-store.ts';
import type { Attempt } from './failures.ts';
import type { OneTimeCodes } from './one-time-codes.ts';
import type { Parts } from './parts.ts';
import { requireStrong } from './passwords/password-rules.ts';
import { deleteSessions } from './session-store.ts';
import { checkPassword, mayEnter, noteRefused, refused } from './sign-in.ts';
import { deleteTickets } from './ticket-store.ts';

export interface OwnPassword {
  /** Ends the other sessions. Throws SIGN_IN_REFUSED, SIGN_IN_DELAYED, PASSWORD_TOO_WEAK. */
  changePassword(session: string, old: string, next: string, who: Actor): Promise<void>;
  /** Throws SIGN_IN_REFUSED, SIGN_IN_DELAYED, PASSWORD_TOO_WEAK (the code is not used up then). */
  setPasswordWithCode(email: string, code: string, password: string, from: From): Promise<void>;
}

export function createOwnPassword(parts: Parts, codes: OneTimeCodes): OwnPassword {
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
    async changePassword(id, old, next, who) {
      const { row, account } = await sessions.require(db, id);
      if (row.limitedTo !== undefined) throw new Problem('SECOND_FACTOR_REQUIRED', '2FA enrollment required');
      await requireGood(next, account);
      const attempt = await failures.begin(account.email, row.source);
      const hash = await judged(attempt, async () => {
        if (!(await checkPassword(hashes, account, old))) return undefined;
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

    async setPasswordWithCode(typed, code, password, from) {
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
  }: { account: Account; hash: string; keep?: string; who: Actor; action: string },
): Promise<void> {
  const { id, organization } = account;
  await updateAccount(tx, integrity, id, { password: hash });
  const ended = await deleteSessions(tx, id, keep);
  await deleteTickets(tx, id);
  await deleteOneTimeCode(tx, id, 'password');
  const details = defined({ session: keep, endedSessions: ended });
  await audit.add(tx, { actor: who, action, organization, target: id, details });
}
