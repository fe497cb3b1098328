import type { AdministratorId } from '../../../lib/id.ts';
import { Problem } from '../../../lib/problem.ts';
import type { Tx } from '../../../storage/transaction.ts';
import type { Actor } from '../../audit/index.ts';
import { type OneTimeCodes, requireAccount } from './accounts.ts';
import { type From, makeCode, type OpenedSession, readCode } from './administrator.ts';
import type { Account } from './administrator-store.ts';
import type { Parts } from './parts.ts';
import { deleteRecoveryCode, replaceRecoveryCodes, type TicketRow } from './session-store.ts';
import { noteRefused, openSession, refused } from './sign-in.ts';
import type { Tickets } from './tickets.ts';

const RECOVERY_CODES = 10;
/** 50 bits each, against which at most a hundred guesses may fail. */
const GROUPS = [5, 5];

/** The second step of a sign-in by a code, and the codes that a person keeps for it. */
export interface SecondStep {
  /** Throws SIGN_IN_REFUSED, SIGN_IN_DELAYED. */
  finishWithRecoveryCode(ticket: string, code: string, from: From): Promise<OpenedSession>;
  /** Password and one-time code past the deadline: a session that can do nothing but enroll a factor. */
  openEnrollment(ticket: string, code: string, from: From): Promise<OpenedSession>;
  /** Ten, shown this once, in place of earlier ones. Throws CONFLICT without a second factor: they are none. */
  newRecoveryCodes(administrator: AdministratorId, who: Actor): Promise<string[]>;
}

export function createSecondStep(parts: Parts, tickets: Tickets, codes: OneTimeCodes): SecondStep {
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
    finishWithRecoveryCode: (ticket, code, from) =>
      finish(
        { ticket, purpose: 'second-factor', from, step: 'recovery-code' },
        (tx, { id }) => deleteRecoveryCode(tx, id, macOf(id, code)),
        () => ({ factorAt: clock.now() }),
      ),

    openEnrollment: (ticket, code, from) =>
      finish(
        { ticket, purpose: 'enrollment', from, step: 'enrollment-code' },
        (tx, { id }) => codes.use(tx, id, 'enrollment', code),
        () => ({ limitedTo: 'enrollment' }),
      ),

    newRecoveryCodes: (administrator, who) =>
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
