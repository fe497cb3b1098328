import type { Selectable } from 'kysely';
import type { AdministratorId } from '../../lib/id.ts';
import { isSound, withMac } from '../../storage/keys/protected-tables.ts';
import type { Schema } from '../../storage/schema.ts';
import type { Db, Tx } from '../../storage/transaction.ts';
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
  const { last_seen_at: _, ...stored } = sealed(integrity, row);
  await tx.updateTable('administrator_session').set(stored).where('id', '=', row.id).execute();
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

export async function deleteSession(tx: Tx, id: string): Promise<boolean> {
  const { numDeletedRows } = await tx
    .deleteFrom('administrator_session')
    .where('id', '=', id)
    .executeTakeFirstOrThrow();
  return numDeletedRows > 0n;
}

/** All of an account, but the one to keep. Gives how many there were. */
export async function deleteSessions(tx: Tx, administrator: AdministratorId, keep = ''): Promise<number> {
  const { numDeletedRows } = await tx
    .deleteFrom('administrator_session')
    .where('administrator', '=', administrator)
    .where('id', '<>', keep)
    .executeTakeFirstOrThrow();
  return Number(numDeletedRows);
}

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
export async function deletePasswordSessions(
  tx: Tx,
  administrator: AdministratorId,
  keep: string,
): Promise<number> {
  const { numDeletedRows } = await tx
    .deleteFrom('administrator_session')
    .where('administrator', '=', administrator)
    .where('id', '<>', keep)
    .where('factor_at', 'is', null)
    .executeTakeFirstOrThrow();
  return Number(numDeletedRows);
}
