import { notBeingErased } from '../../storage/legal-holds.ts';
import type { Tx } from '../../storage/transaction.ts';
import type { Person } from './consent.ts';

/** False too once the erasure of the person has begun: nothing is recorded of them any more, and no hold stops it. */
export async function isEnrolled(tx: Tx, { organization, world, subject }: Person): Promise<boolean> {
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
