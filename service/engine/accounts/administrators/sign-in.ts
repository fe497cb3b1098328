import type { AdministratorId } from '../../../lib/id.ts';
import { Problem } from '../../../lib/problem.ts';
import { siteOf, sourceOf } from '../../../lib/source.ts';
import type { Db, Tx } from '../../../storage/transaction.ts';
import type { Actor } from '../../audit/index.ts';
import { type OneTimeCodes, requireAccount } from './accounts.ts';
import {
  type From,
  hashSecret,
  lasts,
  makeCode,
  makeSecret,
  type OpenedSession,
  readCode,
  type SignInAnswer,
} from './administrator.ts';
import {
  type Account,
  normalizeEmail,
  selectAccount,
  selectAccountByEmail,
  updateAccount,
} from './administrator-store.ts';
import type { Attempt } from './failures.ts';
import { type Parts, unknownPerson } from './parts.ts';
import { MOST_CHARACTERS } from './passwords/password-rules.ts';
import {
  deleteRecoveryCode,
  deleteTicket,
  insertTicket,
  replaceRecoveryCodes,
  selectTicket,
  type TicketRow,
} from './session-store.ts';

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
      // From elsewhere an account that exists has no other turn than one that does not.
      const share = attempt.fromKnownSource
        ? { organization: account?.organization ?? '', key: email }
        : { organization: '', key: siteOf(from.source) ?? sourceOf(from.source), address: email };
      const right = await checkPassword(hashes, account, password, share).catch(async (error: unknown) => {
        // Nothing was judged.
        await inTransaction((tx) => attempt.takeBack(tx));
        throw error;
      });
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

/** Takes the same time without an account, or with one that has no password. `share`: whose turn it takes. */
export function checkPassword(
  hashes: Parts['hashes'],
  account: Account | undefined,
  password: string,
  share: { organization: string; key: string; address?: string },
): Promise<boolean> {
  return password.length > 4 * MOST_CHARACTERS
    ? hashes.verify(undefined, '', share)
    : hashes.verify(account?.password, password, share);
}

const RECOVERY_CODES = 10;
/** 50 bits each, against which at most a hundred guesses may fail. */
const GROUPS = [5, 5];

/** The second step of a sign-in by a code, and the codes that a person keeps for it. */
export type SecondStep = ReturnType<typeof createSecondStep>;

export function createSecondStep(parts: Parts, tickets: Tickets, codes: OneTimeCodes) {
  const { db, inTransaction, integrity, audit, clock, random, failures } = parts;
  const macOf = (administrator: AdministratorId, code: string) =>
    integrity.mac('recovery-code', [administrator, readCode(code)]);

  async function finish(
    {
      ticket,
      purpose,
      from,
      step,
    }: { ticket: string; purpose: TicketRow['purpose']; from: From; step: string },
    use: (tx: Tx, account: Account) => Promise<boolean>,
    more: () => { factorAt?: number; limitedTo?: 'enrollment' },
  ): Promise<OpenedSession> {
    const { account } = await tickets.read(db, ticket, purpose, from);
    const attempt = await failures.begin(account.email, from.source);
    const opened = await inTransaction(async (tx) => {
      const now = await tickets.read(tx, ticket, purpose, from);
      if (!(await use(tx, now.account))) return undefined;
      await tickets.use(tx, now.row);
      return openSession(parts, tx, { account: now.account, attempt, from, by: step }, more());
    });
    if (opened) return opened;
    await noteRefused(parts, account, step);
    throw refused();
  }

  return {
    /** Throws SIGN_IN_REFUSED, SIGN_IN_DELAYED. */
    finishWithRecoveryCode: (ticket: string, code: string, from: From): Promise<OpenedSession> =>
      finish(
        { ticket, purpose: 'second-factor', from, step: 'recovery-code' },
        (tx, { id }) => deleteRecoveryCode(tx, id, macOf(id, code)),
        () => ({ factorAt: clock.now() }),
      ),

    /** Password and one-time code past the deadline: a session that can do nothing but enroll a factor. */
    openEnrollment: (ticket: string, code: string, from: From): Promise<OpenedSession> =>
      finish(
        { ticket, purpose: 'enrollment', from, step: 'enrollment-code' },
        (tx, { id }) => codes.use(tx, id, 'enrollment', code),
        () => ({ limitedTo: 'enrollment' }),
      ),

    /** Ten, shown this once, in place of earlier ones. Throws CONFLICT without a second factor: they are none. */
    newRecoveryCodes: (administrator: AdministratorId, who: Actor): Promise<string[]> =>
      inTransaction(async (tx) => {
        const account = await requireAccount(parts, tx, administrator);
        if (account.passkeys === 0)
          throw new Problem(
            'CONFLICT',
            'Recovery codes replace a second factor at sign-in: add a passkey first.',
          );
        const made = Array.from({ length: RECOVERY_CODES }, () => makeCode(GROUPS, random));
        const macs = made.map((code) => macOf(administrator, code));
        await replaceRecoveryCodes(tx, administrator, macs, clock.now());
        const { organization } = account;
        const details = { codes: made.length };
        await audit.add(tx, {
          actor: who,
          action: 'recovery-codes.make',
          organization,
          target: administrator,
          details,
        });
        return made;
      }),
  };
}

const LIFE = 5 * 60_000;

/** A sign-in whose password was right, and whose second step is to come: within five minutes, from the same source, once. */
export type Tickets = ReturnType<typeof createTickets>;

export function createTickets({ integrity, clock, random }: Pick<Parts, 'integrity' | 'clock' | 'random'>) {
  return {
    async open(tx: Tx, account: Account, purpose: TicketRow['purpose'], { source }: From): Promise<string> {
      const ticket = `tmp_sess_${makeSecret(random)}`;
      const now = clock.now();
      await insertTicket(tx, integrity, {
        hash: hashSecret(ticket),
        administrator: account.id,
        purpose,
        source: sourceOf(source),
        createdAt: now,
        expiresAt: now + LIFE,
      });
      return ticket;
    },
    /** Throws SIGN_IN_REFUSED. Without `from` the source is not compared: what is answered is of no use elsewhere. */
    async read(
      from: Db,
      ticket: string,
      purpose: TicketRow['purpose'],
      place?: From,
    ): Promise<{ row: TicketRow; account: Account }> {
      const row = await selectTicket(from, integrity, hashSecret(ticket));
      if (!row || row.purpose !== purpose || !lasts(row.createdAt, row.expiresAt, clock.now())) throw over();
      if (place && sourceOf(place.source) !== row.source) throw over();
      const account = await selectAccount(from, integrity, row.administrator);
      if (!account || account.altered || account.disabledAt !== undefined) throw over();
      return { row, account };
    },
    /** Throws SIGN_IN_REFUSED for one that was used meanwhile. */
    async use(tx: Tx, row: TicketRow): Promise<void> {
      if (!(await deleteTicket(tx, row.hash))) throw over();
    },
  };
}

const over = () =>
  new Problem(
    'SIGN_IN_REFUSED',
    'This sign-in has ended, or began on another device: start again with the password.',
  );
