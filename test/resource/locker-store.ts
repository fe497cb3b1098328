import { z } from 'zod';
import type { OrganizationId } from '../../service/lib/id.ts';
import { actor, type OfOrganization, time } from '../../service/lib/record-fields.ts';
import { lineOfText } from '../../service/lib/text-fields.ts';
import type { Db, Tx } from '../../service/storage/transaction.ts';

const fields = {
  name: lineOfText(80).describe('Its name'),
  floor: z.int().min(-9).max(200).describe('Floor of the building'),
  doors: z.int().min(1).max(500).describe('Number of doors'),
  size: z.enum(['bag', 'case']).describe('What fits behind one door'),
};
const example = { name: 'North', floor: 0, doors: 24, size: 'bag' as const };

/** Where visitors leave their bags. */
export const Locker = z
  .object({ id: z.string().describe('Id'), ...fields, addedBy: actor, addedAt: time('Time of creation') })
  .meta({
    id: 'Locker',
    description: 'A locker for bags.',
    examples: [{ id: 'lck_1', ...example, addedBy: 'operator:ada', addedAt: '2026-11-27T12:00:00.000Z' }],
  });
export type Locker = OfOrganization<typeof Locker>;

export const NewLocker = z.strictObject(fields).meta({ id: 'NewLocker', examples: [example] });
export type NewLocker = z.output<typeof NewLocker>;

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
