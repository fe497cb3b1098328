import type { AdministratorId } from '../../lib/id.ts';
import { isSound, withMac } from '../../storage/keys/protected-tables.ts';
import type { Db, Tx } from '../../storage/transaction.ts';
import type { SignInIntegrity } from './administrator-store.ts';

/** A sign-in whose password was right. */
export interface TicketRow {
  /** SHA-256 of the ticket, hex. */
  hash: string;
  administrator: AdministratorId;
  purpose: 'second-factor' | 'enrollment';
  /** Network address of the password. */
  source: string;
  createdAt: number;
  expiresAt: number;
}

export async function insertTicket(tx: Tx, integrity: SignInIntegrity, row: TicketRow): Promise<void> {
  const stored = {
    hash: row.hash,
    administrator: row.administrator,
    purpose: row.purpose,
    source: row.source,
    created_at: row.createdAt,
    expires_at: row.expiresAt,
  };
  await tx
    .insertInto('sign_in_ticket')
    .values(withMac(integrity, 'sign_in_ticket', stored))
    .execute();
}

/** None for a row that something else than this service made or changed. */
export async function selectTicket(
  db: Db,
  integrity: SignInIntegrity,
  hash: string,
): Promise<TicketRow | undefined> {
  const row = await db.selectFrom('sign_in_ticket').selectAll().where('hash', '=', hash).executeTakeFirst();
  if (!row || !isSound(integrity, 'sign_in_ticket', row)) return undefined;
  return {
    hash: row.hash,
    administrator: row.administrator as AdministratorId,
    purpose: row.purpose as TicketRow['purpose'],
    source: row.source,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
  };
}

/** False when another request has used it meanwhile. */
export async function deleteTicket(tx: Tx, hash: string): Promise<boolean> {
  const { numDeletedRows } = await tx
    .deleteFrom('sign_in_ticket')
    .where('hash', '=', hash)
    .executeTakeFirstOrThrow();
  return numDeletedRows > 0n;
}

export async function deleteTickets(tx: Tx, administrator: AdministratorId): Promise<void> {
  await tx.deleteFrom('sign_in_ticket').where('administrator', '=', administrator).execute();
}

export async function deleteEndedTickets(tx: Tx, now: number): Promise<void> {
  await tx.deleteFrom('sign_in_ticket').where('expires_at', '<=', now).execute();
}
