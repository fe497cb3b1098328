import { selectAllAccounts, updateAccount } from './administrator-store.ts';
import { deleteEndedCodes, deleteOneTimeCodes } from './code-store.ts';
import { deleteFace } from './face-store.ts';
import type { Parts } from './parts.ts';
import { deleteOldChallenges } from './passkey-store.ts';
import { CHALLENGE_LIFE } from './passkeys/challenges.ts';
import { deleteEndedSessions, deleteSessions } from './session-store.ts';
import type { SessionTerms } from './sessions.ts';
import { isOverdue } from './sign-in.ts';
import { deleteEndedTickets, deleteTickets } from './ticket-store.ts';

export interface Tidying {
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

export function createTidying(parts: Parts, terms: SessionTerms): Tidying {
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
