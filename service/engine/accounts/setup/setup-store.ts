import type { Integrity } from '../../../storage/keys/integrity.ts';
import { isSound, withMac } from '../../../storage/keys/protected-tables.ts';
import type { Db, Tx } from '../../../storage/transaction.ts';

/** Detects a row that a writer of the database without keys made or changed. */
export type SetupIntegrity = Pick<Integrity, 'mac' | 'verify'>;

export interface SetupRow {
  /** SHA-256, hex. */
  tokenHash: string;
  createdAt: number;
  expiresAt: number;
  /** SHA-256, hex, of the secret of the browser that used the token. */
  claimHash?: string;
  /** No person is enrolled before the owner has a second factor. */
  factorOwed: boolean;
  /** The run whose machine has the token in a file. */
  begunBy?: string;
}

const ID = 'setup';

/** None where the row was not written by this service. */
export async function selectSetup(db: Db, integrity: SetupIntegrity): Promise<SetupRow | undefined> {
  const row = await db.selectFrom('setup').selectAll().where('id', '=', ID).executeTakeFirst();
  if (!row) return undefined;
  const found: SetupRow = {
    tokenHash: row.token_hash,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    ...(row.claim_hash !== null && { claimHash: row.claim_hash }),
    factorOwed: row.factor_owed === 1,
    ...(row.begun_by !== null && { begunBy: row.begun_by }),
  };
  return isSound(integrity, 'setup', row) ? found : undefined;
}

export async function putSetup(tx: Tx, integrity: SetupIntegrity, row: SetupRow): Promise<void> {
  await deleteSetup(tx);
  const values = {
    id: ID,
    token_hash: row.tokenHash,
    created_at: row.createdAt,
    expires_at: row.expiresAt,
    claim_hash: row.claimHash ?? null,
    factor_owed: row.factorOwed ? 1 : 0,
    begun_by: row.begunBy ?? null,
  };
  await tx
    .insertInto('setup')
    .values(withMac(integrity, 'setup', values))
    .execute();
}

export async function deleteSetup(tx: Tx): Promise<void> {
  await tx.deleteFrom('setup').where('id', '=', ID).execute();
}
