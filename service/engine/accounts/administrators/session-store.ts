import type { Selectable } from 'kysely';
import type { AdministratorId } from '../../../lib/id.ts';
import { isSound, updateProtected, withMac } from '../../../storage/keys/protected-tables.ts';
import { changesRow, deleteRows } from '../../../storage/rows.ts';
import type { Schema } from '../../../storage/schema.ts';
import type { Db, Tx } from '../../../storage/transaction.ts';
import type { SignInIntegrity } from './administrator-store.ts';

export interface SessionRow {
  id: string;
  administrator: AdministratorId;
  secretHash: string;
  createdAt: number;
  lastSeenAt: number;
  expiresAt: number;
  source: string;
  device?: string;
  factorAt?: number;
  limitedTo?: 'enrollment';
}

type Stored = Omit<Selectable<Schema['administrator_session']>, 'mac'>;

const toStored = (row: SessionRow): Stored => ({
  id: row.id,
  administrator: row.administrator,
  secret_hash: row.secretHash,
  created_at: row.createdAt,
  last_seen_at: row.lastSeenAt,
  expires_at: row.expiresAt,
  source: row.source,
  device: row.device ?? null,
  factor_at: row.factorAt ?? null,
  limited_to: row.limitedTo ?? null,
});

const sealed = (integrity: SignInIntegrity, row: SessionRow) => {
  const stored = toStored(row);
  return withMac(integrity, 'administrator_session', stored);
};

export async function insertSession(tx: Tx, integrity: SignInIntegrity, row: SessionRow): Promise<void> {
  await tx.insertInto('administrator_session').values(sealed(integrity, row)).execute();
}

export async function updateSession(tx: Tx, integrity: SignInIntegrity, row: SessionRow): Promise<void> {
  const { id, last_seen_at: _, ...stored } = toStored(row);
  await updateProtected(tx, integrity, 'administrator_session', id, stored);
}

/** It only ever grows. */
export async function updateLastSeen(db: Db, id: string, at: number): Promise<void> {
  await db
    .updateTable('administrator_session')
    .set({ last_seen_at: at })
    .where('id', '=', id)
    .where('last_seen_at', '<', at)
    .execute();
}

/** None for a row that something else than this service made or changed. */
export async function selectSession(
  db: Db,
  integrity: SignInIntegrity,
  by: { id: string } | { secretHash: string },
): Promise<SessionRow | undefined> {
  const query = db.selectFrom('administrator_session').selectAll();
  const found = 'id' in by ? query.where('id', '=', by.id) : query.where('secret_hash', '=', by.secretHash);
  const row = await found.executeTakeFirst();
  return row && fromRow(row, integrity);
}

/** The newest first. */
export async function selectSessions(
  db: Db,
  integrity: SignInIntegrity,
  administrator: AdministratorId,
): Promise<SessionRow[]> {
  const rows = await db
    .selectFrom('administrator_session')
    .selectAll()
    .where('administrator', '=', administrator)
    .orderBy('id', 'desc')
    .execute();
  return rows.flatMap((row) => fromRow(row, integrity) ?? []);
}

export const deleteSession = (tx: Tx, id: string): Promise<boolean> =>
  tx.deleteFrom('administrator_session').where('id', '=', id).$call(changesRow);

/** All of an account, but the one to keep. Gives how many there were. */
export const deleteSessions = (tx: Tx, administrator: AdministratorId, keep = ''): Promise<number> =>
  tx
    .deleteFrom('administrator_session')
    .where('administrator', '=', administrator)
    .where('id', '<>', keep)
    .$call(deleteRows);

/** Past their end, or last seen before `seen`. */
export async function deleteEndedSessions(
  tx: Tx,
  { now, seen }: { now: number; seen: number },
): Promise<void> {
  await tx
    .deleteFrom('administrator_session')
    .where((eb) => eb.or([eb('expires_at', '<=', now), eb('last_seen_at', '<=', seen)]))
    .execute();
}

function fromRow(
  row: Selectable<Schema['administrator_session']>,
  integrity: SignInIntegrity,
): SessionRow | undefined {
  if (!isSound(integrity, 'administrator_session', row)) return undefined;
  return {
    id: row.id,
    administrator: row.administrator as AdministratorId,
    secretHash: row.secret_hash,
    createdAt: row.created_at,
    lastSeenAt: row.last_seen_at,
    expiresAt: row.expires_at,
    source: row.source,
    ...(row.device !== null && { device: row.device }),
    ...(row.factor_at !== null && { factorAt: row.factor_at }),
    ...(row.limited_to === 'enrollment' && { limitedTo: 'enrollment' as const }),
  };
}

/** Those of an account that proved no second factor, but the one to keep. Gives how many there were. */
export const deletePasswordSessions = (
  tx: Tx,
  administrator: AdministratorId,
  keep: string,
): Promise<number> =>
  tx
    .deleteFrom('administrator_session')
    .where('administrator', '=', administrator)
    .where('id', '<>', keep)
    .where('factor_at', 'is', null)
    .$call(deleteRows);

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
export const deleteTicket = (tx: Tx, hash: string): Promise<boolean> =>
  tx.deleteFrom('sign_in_ticket').where('hash', '=', hash).$call(changesRow);

export async function deleteTickets(tx: Tx, administrator: AdministratorId): Promise<void> {
  await tx.deleteFrom('sign_in_ticket').where('administrator', '=', administrator).execute();
}

export async function deleteEndedTickets(tx: Tx, now: number): Promise<void> {
  await tx.deleteFrom('sign_in_ticket').where('expires_at', '<=', now).execute();
}

export type CodePurpose = 'password' | 'enrollment';

interface OneTimeCodeRow {
  administrator: AdministratorId;
  purpose: CodePurpose;
  createdAt: number;
  expiresAt: number;
  mac: string;
}

/** In place of an earlier one for the same. */
export async function putOneTimeCode(tx: Tx, row: OneTimeCodeRow): Promise<void> {
  const values = { created_at: row.createdAt, expires_at: row.expiresAt, mac: row.mac };
  await tx
    .insertInto('one_time_code')
    .values({ administrator: row.administrator, purpose: row.purpose, ...values })
    .onConflict((conflict) => conflict.columns(['administrator', 'purpose']).doUpdateSet(values))
    .execute();
}

export async function selectOneTimeCode(
  db: Db,
  administrator: AdministratorId,
  purpose: CodePurpose,
): Promise<OneTimeCodeRow | undefined> {
  const row = await db
    .selectFrom('one_time_code')
    .selectAll()
    .where('administrator', '=', administrator)
    .where('purpose', '=', purpose)
    .executeTakeFirst();
  return (
    row && { administrator, purpose, createdAt: row.created_at, expiresAt: row.expires_at, mac: row.mac }
  );
}

export async function deleteOneTimeCode(
  tx: Tx,
  administrator: AdministratorId,
  purpose: CodePurpose,
): Promise<void> {
  await tx
    .deleteFrom('one_time_code')
    .where('administrator', '=', administrator)
    .where('purpose', '=', purpose)
    .execute();
}

export async function deleteEndedCodes(tx: Tx, now: number): Promise<void> {
  await tx.deleteFrom('one_time_code').where('expires_at', '<=', now).execute();
}

/** False when there is no such code, or it was used. */
export const deleteRecoveryCode = (tx: Tx, administrator: AdministratorId, mac: string): Promise<boolean> =>
  tx
    .deleteFrom('recovery_code')
    .where('administrator', '=', administrator)
    .where('mac', '=', mac)
    .$call(changesRow);

export async function replaceRecoveryCodes(
  tx: Tx,
  administrator: AdministratorId,
  macs: readonly string[],
  at: number,
): Promise<void> {
  await tx.deleteFrom('recovery_code').where('administrator', '=', administrator).execute();
  if (macs.length > 0)
    await tx
      .insertInto('recovery_code')
      .values(macs.map((mac) => ({ administrator, mac, created_at: at })))
      .execute();
}

export async function deleteOneTimeCodes(tx: Tx, administrator: AdministratorId): Promise<void> {
  await tx.deleteFrom('one_time_code').where('administrator', '=', administrator).execute();
}
