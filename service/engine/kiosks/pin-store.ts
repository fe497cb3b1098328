import type { AdministratorId } from '../../lib/id.ts';
import type { Db, Tx } from '../../storage/transaction.ts';
import { MOST_TRIES } from './kiosk.ts';
import type { KioskIntegrity } from './kiosk-store.ts';

interface StoredPin {
  administrator: AdministratorId;
  /** argon2id, PHC form. */
  hash: string;
  setAt: number;
}

const protectedFields = ({ administrator, hash, setAt }: StoredPin) => [
  'operator-pin-1',
  administrator,
  hash,
  setAt,
];

export async function putPin(tx: Tx, integrity: KioskIntegrity, pin: StoredPin): Promise<void> {
  await tx.deleteFrom('operator_pin').where('administrator', '=', pin.administrator).execute();
  const mac = integrity.mac('operator-pin', protectedFields(pin));
  const { administrator, hash, setAt } = pin;
  await tx
    .insertInto('operator_pin')
    .values({ administrator, hash, set_at: setAt, mac, failures: 0 })
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
  const pin = row && { administrator, hash: row.hash, setAt: row.set_at };
  return pin && integrity.verify('operator-pin', protectedFields(pin), row.mac) ? pin : undefined;
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
