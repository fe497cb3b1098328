import type { Insertable } from 'kysely';
import { deleteOld, findsRow } from '../../../storage/rows.ts';
import type { Schema } from '../../../storage/schema.ts';
import type { Db, InTransaction, Tx } from '../../../storage/transaction.ts';
import type { Realm } from '../../people/index.ts';

/** Failed attempts at an address, in a row. */
interface AddressFailures {
  failures: number;
  lastFailedAt: number;
  disabledAt: number | null;
}

export async function selectAddressAttempts(
  db: Db,
  realm: Realm,
  hash: string,
): Promise<AddressFailures | undefined> {
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

export async function deleteAddressAttempts(tx: Tx, realm: Realm, hash: string): Promise<void> {
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

export type RefusedPicture = Insertable<Schema['refused_picture']>;

/** The key's lineage; the key itself where it is not known. */
export async function lineageOf(db: Db, key: string): Promise<string> {
  const row = await db.selectFrom('api_key').select('lineage').where('id', '=', key).executeTakeFirst();
  return row?.lineage ?? key;
}

/** When a picture was last refused to the key; undefined where none is kept. */
export async function selectLatest(db: Db, lineage: string): Promise<number | undefined> {
  const row = await db
    .selectFrom('refused_picture')
    .select('created_at')
    .where('lineage', '=', lineage)
    .orderBy('created_at', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row?.created_at;
}

/** When pictures of a key and source were refused after `since`, the newest first; `most` of them. */
export async function selectTimes(
  db: Db,
  { lineage, source_hash }: Pick<RefusedPicture, 'lineage' | 'source_hash'>,
  { since, until, most }: { since: number; until: number; most: number },
): Promise<number[]> {
  const rows = await db
    .selectFrom('refused_picture')
    .select('created_at')
    .where('lineage', '=', lineage)
    .where('source_hash', '=', source_hash)
    .where('created_at', '>', since)
    .where('created_at', '<=', until)
    .orderBy('created_at', 'desc')
    .limit(most)
    .execute();
  return rows.map((row) => row.created_at);
}

/** Whether these pixels were refused to the key after `since`. */
export const wasRefused = (
  db: Db,
  { lineage, picture_hash }: Pick<RefusedPicture, 'lineage' | 'picture_hash'>,
  since: number,
): Promise<boolean> =>
  db
    .selectFrom('refused_picture')
    .select('id')
    .where('lineage', '=', lineage)
    .where('picture_hash', '=', picture_hash)
    .where('created_at', '>', since)
    .limit(1)
    .$call(findsRow);

export async function insertRefused(tx: Tx, row: RefusedPicture): Promise<void> {
  await tx.insertInto('refused_picture').values(row).execute();
}

export const sweepRefused = (
  inTransaction: InTransaction,
  before: number,
  signal?: AbortSignal,
): Promise<void> => deleteOld(inTransaction, 'refused_picture', 'created_at', before + 1, signal);
