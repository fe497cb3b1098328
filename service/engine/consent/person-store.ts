import type { Tx } from '../../storage/transaction.ts';
import type { Person } from './consent.ts';

/** False also for somebody whose erasure has begun: nothing is recorded of them any more, and no hold stops it. */
export async function isEnrolled(tx: Tx, { organization, world, subject }: Person): Promise<boolean> {
  const row = await tx
    .selectFrom('subject')
    .select('id')
    .where('id', '=', subject)
    .where('organization', '=', organization)
    .where('world', '=', world)
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('erasure')
            .select('erasure.id')
            .whereRef('erasure.organization', '=', 'subject.organization')
            .whereRef('erasure.subject', '=', 'subject.id'),
        ),
      ),
    )
    .executeTakeFirst();
  return row !== undefined;
}
