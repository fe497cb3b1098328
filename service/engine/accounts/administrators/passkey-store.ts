import type { Selectable } from 'kysely';
import { parseJson } from '../../../lib/canonical-json.ts';
import type { AdministratorId } from '../../../lib/id.ts';
import { isSound, updateProtected, withMac } from '../../../storage/keys/protected-tables.ts';
import { findsRow } from '../../../storage/rows.ts';
import type { Schema } from '../../../storage/schema.ts';
import type { Db, Tx } from '../../../storage/transaction.ts';
import type { SignInIntegrity } from './administrator-store.ts';

export interface PasskeyRow {
  /** The credential id, base64url. */
  id: string;
  administrator: AdministratorId;
  /** The relying party id it was made for. */
  site: string;
  /** COSE, base64url. */
  publicKey: string;
  counter: number;
  transports: string[];
  name: string;
  createdAt: number;
  lastUsedAt?: number;
}

type Stored = Omit<Selectable<Schema['passkey']>, 'mac'>;

const toStored = (row: PasskeyRow): Stored => ({
  id: row.id,
  administrator: row.administrator,
  site: row.site,
  public_key: row.publicKey,
  counter: row.counter,
  transports: JSON.stringify(row.transports),
  name: row.name,
  created_at: row.createdAt,
  last_used_at: row.lastUsedAt ?? null,
});

const sealed = (integrity: SignInIntegrity, row: PasskeyRow) => {
  const stored = toStored(row);
  return withMac(integrity, 'passkey', stored);
};

export async function insertPasskey(tx: Tx, integrity: SignInIntegrity, row: PasskeyRow): Promise<void> {
  await tx.insertInto('passkey').values(sealed(integrity, row)).execute();
}

/** False when another request has used it meanwhile. */
export async function updateUse(
  tx: Tx,
  integrity: SignInIntegrity,
  before: PasskeyRow,
  { counter, lastUsedAt }: { counter: number; lastUsedAt: number },
): Promise<boolean> {
  const { id, ...stored } = toStored({ ...before, counter, lastUsedAt });
  return updateProtected(tx, integrity, 'passkey', id, stored, (row) => row.counter === before.counter);
}

/** The name is no part of what the row's MAC protects. */
export async function updateName(tx: Tx, id: string, name: string): Promise<void> {
  await tx.updateTable('passkey').set({ name }).where('id', '=', id).execute();
}

/** The oldest first; without rows that something else than this service made or changed. */
export async function selectPasskeys(
  db: Db,
  integrity: SignInIntegrity,
  administrator: AdministratorId,
): Promise<PasskeyRow[]> {
  const rows = await db
    .selectFrom('passkey')
    .selectAll()
    .where('administrator', '=', administrator)
    .orderBy('created_at')
    .orderBy('id')
    .execute();
  return rows.filter((row) => isSound(integrity, 'passkey', row)).map(fromRow);
}

/** None for a row that something else than this service made or changed. */
export async function selectPasskey(
  db: Db,
  integrity: SignInIntegrity,
  id: string,
): Promise<PasskeyRow | undefined> {
  const row = await db.selectFrom('passkey').selectAll().where('id', '=', id).executeTakeFirst();
  return row && isSound(integrity, 'passkey', row) ? fromRow(row) : undefined;
}

const fromRow = (row: Selectable<Schema['passkey']>): PasskeyRow => ({
  id: row.id,
  administrator: row.administrator as AdministratorId,
  site: row.site,
  publicKey: row.public_key,
  counter: row.counter,
  transports: parseJson<PasskeyRow['transports']>(row.transports) ?? [],
  name: row.name,
  createdAt: row.created_at,
  ...(row.last_used_at !== null && { lastUsedAt: row.last_used_at }),
});

export const isRegistered = (db: Db, id: string): Promise<boolean> =>
  db.selectFrom('passkey').select('id').where('id', '=', id).$call(findsRow);

export async function deletePasskey(tx: Tx, administrator: AdministratorId, id: string): Promise<void> {
  await tx.deleteFrom('passkey').where('administrator', '=', administrator).where('id', '=', id).execute();
}

export async function deletePasskeys(tx: Tx, administrator: AdministratorId): Promise<void> {
  await tx.deleteFrom('passkey').where('administrator', '=', administrator).execute();
}

export interface ChallengeRow {
  holder: string;
  challenge: string;
  createdAt: number;
}

/** In place of an earlier one. */
export async function putChallenge(tx: Tx, integrity: SignInIntegrity, row: ChallengeRow): Promise<void> {
  const { holder, challenge, createdAt } = row;
  const values = withMac(integrity, 'passkey_challenge', { holder, challenge, created_at: createdAt });
  await tx
    .insertInto('passkey_challenge')
    .values(values)
    .onConflict((conflict) => conflict.column('holder').doUpdateSet(values))
    .execute();
}

/** False where it is there already: the challenge was answered. */
export async function keepUsedChallenge(
  tx: Tx,
  integrity: SignInIntegrity,
  { holder, challenge, createdAt }: ChallengeRow,
): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await tx
    .insertInto('passkey_challenge')
    .values(withMac(integrity, 'passkey_challenge', { holder, challenge, created_at: createdAt }))
    .onConflict((conflict) => conflict.column('holder').doNothing())
    .executeTakeFirstOrThrow();
  return (numInsertedOrUpdatedRows ?? 0n) > 0n;
}

/** Reads a challenge and deletes it. */
export async function takeChallenge(
  tx: Tx,
  integrity: SignInIntegrity,
  holder: string,
): Promise<ChallengeRow | undefined> {
  const row = await tx
    .deleteFrom('passkey_challenge')
    .where('holder', '=', holder)
    .returningAll()
    .executeTakeFirst();
  if (!row || !isSound(integrity, 'passkey_challenge', row)) return undefined;
  return { holder, challenge: row.challenge, createdAt: row.created_at };
}

export async function deleteOldChallenges(tx: Tx, before: number): Promise<void> {
  await tx.deleteFrom('passkey_challenge').where('created_at', '<', before).execute();
}
