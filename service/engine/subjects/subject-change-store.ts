import type { Updateable } from 'kysely';
import type { SubjectId } from '../../lib/id.ts';
import { notBeingErased } from '../../storage/legal-holds.ts';
import type { Schema } from '../../storage/schema.ts';
import type { Db, Tx } from '../../storage/transaction.ts';
import type { Realm } from './realm.ts';

/** Whether a person of the realm, another than `subject`, has the address with one of these hashes. */
export async function hasOwner(
  tx: Tx,
  { organization, world }: Realm,
  { subject, hashes }: { subject: SubjectId; hashes: readonly string[] },
): Promise<boolean> {
  const row = await tx
    .selectFrom('subject')
    .select('id')
    .where('organization', '=', organization)
    .where('world', '=', world)
    .where('email_hash', 'in', hashes)
    .where('id', '!=', subject)
    .executeTakeFirst();
  return row !== undefined;
}

/** False when the address is not this person's any more, or their erasure has begun. */
export async function updatePerson(
  tx: Tx,
  subject: SubjectId,
  emailHash: string,
  values: Pick<
    Updateable<Schema['subject']>,
    'email_hash' | 'email_sealed' | 'name_sealed' | 'birth_date_sealed'
  >,
): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('subject')
    .set(values)
    .where('id', '=', subject)
    .where('email_hash', '=', emailHash)
    .where(notBeingErased)
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}

/** All disabled people, over all organizations and worlds. */
export async function selectDisabled(db: Db): Promise<SubjectId[]> {
  const rows = await db.selectFrom('subject').select('id').where('disabled_at', 'is not', null).execute();
  return rows.map(({ id }) => id as SubjectId);
}

/** False where the erasure of the person has begun. */
export async function updateDisabled(tx: Tx, subject: SubjectId, at: number | null): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('subject')
    .set({ disabled_at: at })
    .where('id', '=', subject)
    .where(notBeingErased)
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}
