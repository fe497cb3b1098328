import type { Db } from '../../storage/transaction.ts';
import type { Person } from '../personal-data/index.ts';

/** Whether the erasure of the person has begun. */
export async function isErased(db: Db, { organization, world, subject }: Person): Promise<boolean> {
  const row = await db
    .selectFrom('erasure')
    .select('id')
    .where('organization', '=', organization)
    .where('world', '=', world)
    .where('subject', '=', subject)
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}
