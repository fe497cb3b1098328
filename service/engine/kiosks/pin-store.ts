import type { AdministratorId } from '../../lib/id.ts';
import { isSound, withMac } from '../../storage/keys/protected-tables.ts';
import type { Db, Tx } from '../../storage/transaction.ts';
import { MOST_TRIES } from './kiosk.ts';
import type { KioskIntegrity } from './kiosk-store.ts';

interface StoredPin {
  administrator: AdministratorId;
  /** argon2id, PHC form. */
  hash: string;
  setAt: number;
}

export async function putPin(tx: Tx, integrity: KioskIntegrity, pin: StoredPin): Promise<void> {
  await tx.deleteFrom('operator_pin').where('administrator', '=', pin.administrator).execute();
  const { administrator, hash, setAt } = pin;
  const row = { administrator, hash, set_at: setAt, failures: 0 };
  await tx
    .insertInto('operator_pin')
    .values(withMac(integrity, 'operator_pin', row))
    .execute();
}

export async function deletePin(tx: Tx, administrator: AdministratorId): Promise<void> {
  await tx.deleteFrom('operator_pin').where('administrator', '=', administrator).execute();
}

/** None for a row that something else than this service made or changed. */
export async function selectPin(
  db: Db,
  integrity: KioskIntegrity,
  administrator: AdministratorId,
): Promise<StoredPin | undefined> {
  const row = await db
    .selectFrom('operator_pin')
    .selectAll()
    .where('administrator', '=', administrator)
    .executeTakeFirst();
  if (!row || !isSound(integrity, 'operator_pin', row)) return undefined;
  return { administrator, hash: row.hash, setAt: row.set_at };
}

/** Counts one try, which is a failure until it is known to be none. False: there were too many already, at whatever kiosk. */
export async function countOperatorTry(tx: Tx, administrator: AdministratorId): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('operator_pin')
    .set((of) => ({ failures: of('failures', '+', 1) }))
    .where('administrator', '=', administrator)
    .where('failures', '<', MOST_TRIES)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

export async function forgetOperatorTries(tx: Tx, administrator: AdministratorId): Promise<void> {
  await tx
    .updateTable('operator_pin')
    .set({ failures: 0 })
    .where('administrator', '=', administrator)
    .execute();
}
