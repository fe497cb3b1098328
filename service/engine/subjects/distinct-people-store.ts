import type { SubjectId } from '../../lib/id.ts';
import type { Db, Tx } from '../../storage/transaction.ts';

const pairOf = (one: SubjectId, two: SubjectId) =>
  one < two ? { subject: one, other: two } : { subject: two, other: one };

/** The people marked as distinct from `person`, the newest first. */
export async function selectDistinct(
  db: Db | Tx,
  person: SubjectId,
): Promise<{ subject: SubjectId; markedAt: number; markedBy: string }[]> {
  const rows = await db
    .selectFrom('distinct_people')
    .selectAll()
    .where((eb) => eb.or([eb('subject', '=', person), eb('other', '=', person)]))
    .orderBy('marked_at', 'desc')
    .orderBy('subject')
    .orderBy('other')
    .execute();
  return rows.map(({ subject, other, marked_at, marked_by }) => ({
    subject: (subject === person ? other : subject) as SubjectId,
    markedAt: marked_at,
    markedBy: marked_by,
  }));
}

/** False where they are marked already. */
export async function insertDistinct(
  tx: Tx,
  one: SubjectId,
  two: SubjectId,
  { at, by }: { at: number; by: string },
): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await tx
    .insertInto('distinct_people')
    .values({ ...pairOf(one, two), marked_at: at, marked_by: by })
    .onConflict((conflict) => conflict.columns(['subject', 'other']).doNothing())
    .executeTakeFirst();
  return numInsertedOrUpdatedRows === 1n;
}

/** False where they are not marked. */
export async function deleteDistinct(tx: Tx, one: SubjectId, two: SubjectId): Promise<boolean> {
  const { subject, other } = pairOf(one, two);
  const { numDeletedRows } = await tx
    .deleteFrom('distinct_people')
    .where('subject', '=', subject)
    .where('other', '=', other)
    .executeTakeFirst();
  return numDeletedRows === 1n;
}
