import type { OrganizationId } from '../../service/lib/id.ts';
import type { Db, Tx } from '../../service/storage/transaction.ts';
import type { Locker } from './locker.ts';

/** In the product `npm run generate` writes it into the schema, from the migration. */
type Tables = {
  locker: {
    id: string;
    organization: string;
    name: string;
    floor: number;
    doors: number;
    size: string;
    added_by: string;
    added_at: number;
  };
};

export async function insertLocker(tx: Tx, { addedBy, addedAt, ...locker }: Locker): Promise<void> {
  await tx
    .withTables<Tables>()
    .insertInto('locker')
    .values({ ...locker, added_by: addedBy, added_at: addedAt })
    .execute();
}

/** The newest first, older than `before`. */
export async function selectLockers(
  db: Db,
  organization: OrganizationId,
  { before, limit }: { before?: string; limit: number },
): Promise<Locker[]> {
  const rows = await db
    .withTables<Tables>()
    .selectFrom('locker')
    .selectAll()
    .where('organization', '=', organization)
    .$if(before !== undefined, (query) => query.where('id', '<', before!))
    .orderBy('id', 'desc')
    .limit(limit)
    .execute();
  return rows.map(({ added_by, added_at, size, ...locker }) => ({
    ...locker,
    organization,
    size: size as Locker['size'],
    addedBy: added_by,
    addedAt: added_at,
  }));
}

/** Whether there was one. */
export async function deleteLocker(tx: Tx, organization: OrganizationId, id: string): Promise<boolean> {
  const { numDeletedRows } = await tx
    .withTables<Tables>()
    .deleteFrom('locker')
    .where('organization', '=', organization)
    .where('id', '=', id)
    .executeTakeFirst();
  return numDeletedRows > 0n;
}
