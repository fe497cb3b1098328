import type { SubjectId } from '../../lib/id.ts';
import { notBeingErased } from '../../storage/legal-holds.ts';
import type { Db, Tx } from '../../storage/transaction.ts';
import type { Realm } from './realm.ts';

/** Parameters of one statement. */
const PAGE = 500;

/** Whether the person is in the realm, and no erasure of them has begun. */
export async function isPresent(
  tx: Tx,
  { organization, world }: Realm,
  subject: SubjectId,
): Promise<boolean> {
  const row = await tx
    .selectFrom('subject')
    .select('id')
    .where('id', '=', subject)
    .where('organization', '=', organization)
    .where('world', '=', world)
    .where(notBeingErased)
    .executeTakeFirst();
  return row !== undefined;
}

/** Frees the address of a person whose erasure begins. Gives its keyed hash; undefined where there was none. */
export async function releaseAddress(tx: Tx, subject: SubjectId): Promise<string | undefined> {
  const row = await tx
    .selectFrom('subject')
    .select('email_hash')
    .where('id', '=', subject)
    .executeTakeFirst();
  if (row?.email_hash == null) return undefined;
  await tx.updateTable('subject').set({ email_hash: null }).where('id', '=', subject).execute();
  return row.email_hash;
}

/** Those of these people who have a row and no erasure. */
export async function listPresent(db: Db, subjects: readonly SubjectId[]): Promise<Set<SubjectId>> {
  const found = new Set<SubjectId>();
  for (let i = 0; i < subjects.length; i += PAGE) {
    const rows = await db
      .selectFrom('subject')
      .select('id')
      .where('id', 'in', subjects.slice(i, i + PAGE))
      .where(notBeingErased)
      .execute();
    for (const { id } of rows) found.add(id as SubjectId);
  }
  return found;
}
