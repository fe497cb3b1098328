import { defined } from '../../../lib/defined.ts';
import { Problem } from '../../../lib/problem.ts';
import type { Db, Tx } from '../../../storage/transaction.ts';
import type { From, OpenedSession, SignInAnswer } from './administrator.ts';
import { type Account, normalizeEmail, selectAccountByEmail, updateAccount } from './administrator-store.ts';
import type { Attempt } from './failures.ts';
import { type Parts, unknownPerson } from './parts.ts';
import { MOST_CHARACTERS } from './passwords/password-rules.ts';
import type { Tickets } from './tickets.ts';

/** Longest address there is (RFC 5321); what is longer belongs to no account. */
const MOST_EMAIL = 254;

export interface SignIn {
  signIn(input: { email: string; password: string } & From): Promise<SignInAnswer>;
}

/** The same sentence whether there is such an account or not. */
export const refused = () =>
  new Problem('SIGN_IN_REFUSED', 'The e-mail address, the password or the code is wrong.');

/** Writes the line of a refused attempt. An address that no account has is not written down. */
export async function noteRefused(
  { inTransaction, audit }: Pick<Parts, 'inTransaction' | 'audit'>,
  account: Account | undefined,
  step: string,
): Promise<void> {
  await inTransaction((tx) =>
    audit.add(tx, {
      actor: unknownPerson,
      action: 'administrator.sign-in',
      outcome: 'refused',
      ...(account && { organization: account.organization, target: account.id }),
      details: { step },
    }),
  );
}

/** In the transaction that proves the last step. */
export async function openSession(
  { sessions, audit }: Pick<Parts, 'sessions' | 'audit'>,
  tx: Tx,
  { account, attempt, from, by }: { account: Account; attempt: Attempt; from: From; by: string },
  more: { factorAt?: number; limitedTo?: 'enrollment' } = {},
): Promise<OpenedSession> {
  await attempt.succeed(tx);
  const opened = await sessions.open(tx, account, from, more);
  await audit.add(tx, {
    actor: { is: 'administrator', administrator: account.id },
    action: 'administrator.sign-in',
    organization: account.organization,
    target: account.id,
    details: { by, session: opened.session.id, ...more },
  });
  return opened;
}

/** Whether the password alone does not sign in any more. */
export const isOverdue = ({ passkeys, factorRequired, dueAt }: Account, now: number): boolean =>
  passkeys === 0 && (factorRequired || now >= dueAt);

export const mayEnter = (account: Account | undefined): account is Account =>
  account !== undefined && !account.altered && account.disabledAt === undefined;

export function createSignIn(parts: Parts, tickets: Tickets): SignIn {
  const { db, inTransaction, integrity, clock, log, hashes, failures } = parts;

  /** The account that may sign in with this password. */
  async function usable(from: Db, email: string): Promise<Account | undefined> {
    const account = await selectAccountByEmail(from, integrity, email);
    if (account?.altered)
      log.error(
        { administrator: account.id },
        'a sign-in is refused because something else than this service made or changed the row of the administrator: run "gatehouse admin reset"',
      );
    return account;
  }

  async function enter(tx: Tx, account: Account, attempt: Attempt, from: From): Promise<SignInAnswer> {
    if (account.passkeys > 0) {
      await attempt.takeBack(tx);
      const ticket = await tickets.open(tx, account, 'second-factor', from);
      return {
        is: 'second-factor',
        ticket,
        methods: { passkey: true, face: account.face, recoveryCode: account.recoveryCodes > 0 },
      };
    }
    if (isOverdue(account, clock.now())) {
      await attempt.takeBack(tx);
      if (!account.factorRequired) await updateAccount(tx, integrity, account.id, { factorRequired: true });
      return { is: 'enrollment-required', ticket: await tickets.open(tx, account, 'enrollment', from) };
    }
    return { is: 'signed-in', ...(await openSession(parts, tx, { account, attempt, from, by: 'password' })) };
  }

  return {
    async signIn({ email: typed, password, ...from }) {
      const email = normalizeEmail(typed.slice(0, 4 * MOST_EMAIL));
      const attempt = await failures.begin(email, from.source);
      const known = await usable(db, email);
      const account = mayEnter(known) ? known : undefined;
      const right = await checkPassword(hashes, account, password, from.source).catch(
        async (error: unknown) => {
          // Nothing was judged.
          await inTransaction((tx) => attempt.takeBack(tx));
          throw error;
        },
      );
      const answer =
        right &&
        (await inTransaction(async (tx) => {
          const now = await usable(tx, email);
          // Changed or disabled while the password was checked.
          if (!mayEnter(now) || now.password !== account?.password) return undefined;
          return enter(tx, now, attempt, from);
        }));
      if (answer) return answer;
      await noteRefused(parts, known, 'password');
      throw refused();
    },
  };
}

/** Takes the same time without an account, or with one that has no password. `address`: where it came from. */
export function checkPassword(
  hashes: Parts['hashes'],
  account: Account | undefined,
  password: string,
  address?: string,
): Promise<boolean> {
  const share = {
    organization: account?.organization ?? '',
    key: account?.id ?? '',
    ...defined({ address }),
  };
  return password.length > 4 * MOST_CHARACTERS
    ? hashes.verify(undefined, '', share)
    : hashes.verify(account?.password, password, share);
}
