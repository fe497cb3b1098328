import type { Selectable } from 'kysely';
import type { OrganizationId } from '../../lib/id.ts';
import type { Schema } from '../../storage/schema.ts';
import type { Db, Tx } from '../../storage/transaction.ts';

export type ProfileRow = Selectable<Schema['profile']>;

/** The table `profile`: every version ever set, one row each. */
export function createProfileStore({ db }: { db: Db }) {
  const newest = (from: Db, organization: OrganizationId, slug: string): Promise<ProfileRow | undefined> =>
    from
      .selectFrom('profile')
      .selectAll()
      .where('organization', '=', organization)
      .where('slug', '=', slug)
      .orderBy('version', 'desc')
      .limit(1)
      .executeTakeFirst();
  return {
    newest: (organization: OrganizationId, slug: string) => newest(db, organization, slug),
    newestIn: (tx: Tx, organization: OrganizationId, slug: string) => newest(tx, organization, slug),
    /** The slug of the profile that has this id in any of its versions. */
    async slugOf(organization: OrganizationId, id: string): Promise<string | undefined> {
      const row = await db
        .selectFrom('profile')
        .select('slug')
        .where('organization', '=', organization)
        .where('id', '=', id)
        .executeTakeFirst();
      return row?.slug;
    },
    /** The newest version of each, by slug. */
    list: (organization: OrganizationId): Promise<ProfileRow[]> =>
      db
        .selectFrom('profile as p')
        .selectAll()
        .where('organization', '=', organization)
        .where('version', '=', (eb) =>
          eb
            .selectFrom('profile as other')
            .whereRef('other.organization', '=', 'p.organization')
            .whereRef('other.slug', '=', 'p.slug')
            .select((inner) => inner.fn.max('other.version').as('newest')),
        )
        .orderBy('slug')
        .execute(),
    /** False when the version is taken; on PostgreSQL a version that is taken just now runs the transaction again. */
    async insert(tx: Tx, row: ProfileRow): Promise<boolean> {
      const { numInsertedOrUpdatedRows } = await tx
        .insertInto('profile')
        .values(row)
        .onConflict((conflict) => conflict.columns(['organization', 'slug', 'version']).doNothing())
        .executeTakeFirst();
      return numInsertedOrUpdatedRows === 1n;
    },
  };
}
