import { Problem } from '../../../lib/problem.ts';
import type { Db, Tx } from '../../../storage/transaction.ts';
import { sourceOf } from '../limits/source.ts';
import { type From, hashSecret, lasts, makeSecret } from './administrator.ts';
import { type Account, selectAccount } from './administrator-store.ts';
import type { Parts } from './parts.ts';
import { deleteTicket, insertTicket, selectTicket, type TicketRow } from './session-store.ts';

const LIFE = 5 * 60_000;

/** A sign-in whose password was right, and whose second step is to come: within five minutes, from the same source, once. */
export interface Tickets {
  open(tx: Tx, account: Account, purpose: TicketRow['purpose'], from: From): Promise<string>;
  /** Throws SIGN_IN_REFUSED. Without `from` the source is not compared: what is answered is of no use elsewhere. */
  read(
    db: Db,
    ticket: string,
    purpose: TicketRow['purpose'],
    from?: From,
  ): Promise<{ row: TicketRow; account: Account }>;
  /** Throws SIGN_IN_REFUSED for one that was used meanwhile. */
  use(tx: Tx, row: TicketRow): Promise<void>;
}

export function createTickets({
  integrity,
  clock,
  random,
}: Pick<Parts, 'integrity' | 'clock' | 'random'>): Tickets {
  return {
    async open(tx, account, purpose, { source }) {
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
    async read(from, ticket, purpose, place) {
      const row = await selectTicket(from, integrity, hashSecret(ticket));
      if (!row || row.purpose !== purpose || !lasts(row.createdAt, row.expiresAt, clock.now())) throw over();
      if (place && sourceOf(place.source) !== row.source) throw over();
      const account = await selectAccount(from, integrity, row.administrator);
      if (!account || account.altered || account.disabledAt !== undefined) throw over();
      return { row, account };
    },
    async use(tx, row) {
      if (!(await deleteTicket(tx, row.hash))) throw over();
    },
  };
}

const over = () =>
  new Problem(
    'SIGN_IN_REFUSED',
    'This sign-in has ended, or began on another device: start again with the password.',
  );
