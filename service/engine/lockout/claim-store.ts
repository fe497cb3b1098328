import type { Db, Tx } from '../../storage/transaction.ts';
import type { Realm } from '../subjects/index.ts';

/** Failed attempts at an address, in a row. */
export interface Claim {
  failures: number;
  lastFailedAt: number;
  disabledAt: number | null;
}

export async function selectClaim(db: Db, realm: Realm, hash: string): Promise<Claim | undefined> {
  const row = await db
    .selectFrom('claim')
    .select(['failures', 'last_failed_at', 'disabled_at'])
    .where('organization', '=', realm.organization)
    .where('world', '=', realm.world)
    .where('claim_hash', '=', hash)
    .executeTakeFirst();
  return row && { failures: row.failures, lastFailedAt: row.last_failed_at, disabledAt: row.disabled_at };
}

/** One more failure; how many there are now. */
export async function addFailure(tx: Tx, realm: Realm, hash: string, at: number): Promise<number> {
  const { failures } = await tx
    .insertInto('claim')
    .values({ ...realm, claim_hash: hash, failures: 1, last_failed_at: at, disabled_at: null })
    .onConflict((conflict) =>
      conflict.columns(['organization', 'world', 'claim_hash']).doUpdateSet((eb) => ({
        failures: eb('claim.failures', '+', 1),
        last_failed_at: at,
      })),
    )
    .returning('failures')
    .executeTakeFirstOrThrow();
  return failures;
}

export async function updateDisabled(tx: Tx, realm: Realm, hash: string, at: number): Promise<void> {
  await change(tx, realm, hash).set({ disabled_at: at }).execute();
}

export async function updateLastFailed(db: Db, realm: Realm, hash: string, at: number): Promise<void> {
  await change(db, realm, hash).set({ last_failed_at: at }).execute();
}

export async function deleteClaim(tx: Tx, realm: Realm, hash: string): Promise<void> {
  await tx
    .deleteFrom('claim')
    .where('organization', '=', realm.organization)
    .where('world', '=', realm.world)
    .where('claim_hash', '=', hash)
    .execute();
}

const change = (db: Db, realm: Realm, hash: string) =>
  db
    .updateTable('claim')
    .where('organization', '=', realm.organization)
    .where('world', '=', realm.world)
    .where('claim_hash', '=', hash);
