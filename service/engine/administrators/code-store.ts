import type { AdministratorId } from '../../lib/id.ts';
import type { Db, Tx } from '../../storage/transaction.ts';

export type CodePurpose = 'password' | 'enrollment';

export interface OneTimeCodeRow {
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
export async function deleteRecoveryCode(
  tx: Tx,
  administrator: AdministratorId,
  mac: string,
): Promise<boolean> {
  const { numDeletedRows } = await tx
    .deleteFrom('recovery_code')
    .where('administrator', '=', administrator)
    .where('mac', '=', mac)
    .executeTakeFirstOrThrow();
  return numDeletedRows > 0n;
}

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
