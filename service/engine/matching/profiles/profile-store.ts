import type { Selectable } from 'kysely';
import type { OrganizationId } from '../../../lib/id.ts';
import {
  isSound,
  type RowIntegrity,
  updateProtected,
  withMac,
} from '../../../storage/keys/protected-tables.ts';
import { changesRow } from '../../../storage/rows.ts';
import type { Schema } from '../../../storage/schema.ts';
import type { Db, Tx } from '../../../storage/transaction.ts';

export type ProfileRow = Selectable<Schema['profile']>;

/** Whether the service wrote the row as it is. */
export const isOwnProfile = (integrity: RowIntegrity, row: ProfileRow): boolean =>
  isSound(integrity, 'profile', row);

const newestOfEach = (db: Db) =>
  db
    .selectFrom('profile as p')
    .selectAll()
    .where('removed_at', 'is', null)
    .where('version', '=', (eb) =>
      eb
        .selectFrom('profile as other')
        .whereRef('other.organization', '=', 'p.organization')
        .whereRef('other.slug', '=', 'p.slug')
        .select((inner) => inner.fn.max('other.version').as('newest')),
    );

/** Every version with one of these ids or slugs, also those that were put away. */
const versionsNamed = (
  db: Db,
  organization: OrganizationId,
  names: readonly string[],
): Promise<{ id: string; slug: string }[]> =>
  db
    .selectFrom('profile')
    .select(['id', 'slug'])
    .where('organization', '=', organization)
    .where((eb) => eb.or([eb('id', 'in', [...names]), eb('slug', 'in', [...names])]))
    .execute();

interface ProfileListing {
  organization?: OrganizationId;
  after?: string;
  limit?: number;
}

/** The table `profile`: every version ever set, one row each; those that were put away have `removed_at`. */
export function createProfileStore({ db, integrity }: { db: Db; integrity: RowIntegrity }) {
  return {
    versionsNamed: (organization: OrganizationId, names: readonly string[]) =>
      versionsNamed(db, organization, names),
    /** Also one that was put away: the next version comes after it. */
    newestIn: (tx: Tx, organization: OrganizationId, slug: string): Promise<ProfileRow | undefined> =>
      tx
        .selectFrom('profile')
        .selectAll()
        .where('organization', '=', organization)
        .where('slug', '=', slug)
        .orderBy('version', 'desc')
        .limit(1)
        .executeTakeFirst(),
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
    /** Puts every version away; how many there were. */
    async remove(
      tx: Tx,
      organization: OrganizationId,
      slug: string,
      { at, by }: { at: number; by: string },
    ): Promise<number> {
      const rows = await tx
        .selectFrom('profile')
        .select('id')
        .where('organization', '=', organization)
        .where('slug', '=', slug)
        .where('removed_at', 'is', null)
        .execute();
      for (const { id } of rows)
        await updateProtected(tx, integrity, 'profile', id, { removed_at: at, removed_by: by });
      return rows.length;
    },
    /** The newest version of each, by slug, those after `after`; of all organizations without one. */
    list: ({ organization, after, limit }: ProfileListing = {}): Promise<ProfileRow[]> =>
      newestOfEach(db)
        .$if(organization !== undefined, (query) => query.where('organization', '=', organization!))
        .$if(after !== undefined, (query) => query.where('slug', '>', after!))
        .$if(limit !== undefined, (query) => query.limit(limit!))
        .orderBy('slug')
        .execute(),
    /** Those of `slugs` for which the organization has its own profile. */
    async taken(organization: OrganizationId, slugs: readonly string[]): Promise<string[]> {
      const rows = await db
        .selectFrom('profile')
        .select('slug')
        .distinct()
        .where('organization', '=', organization)
        .where('slug', 'in', slugs)
        .where('removed_at', 'is', null)
        .execute();
      return rows.map(({ slug }) => slug);
    },
    sealed: (row: Omit<ProfileRow, 'mac'>): ProfileRow => withMac(integrity, 'profile', row),
    /** False when the version is taken; on PostgreSQL a version that is taken just now runs the transaction again. */
    insert: (tx: Tx, row: ProfileRow): Promise<boolean> =>
      tx
        .insertInto('profile')
        .values(row)
        .onConflict((conflict) => conflict.columns(['organization', 'slug', 'version']).doNothing())
        .$call(changesRow),
  };
}

/** Every version of a slug, also those that were put away. */
export function createVersionStore({ db }: { db: Db }) {
  return {
    /** Versions of one slug, the newest first, older than `before`; also archived ones. */
    versions: (
      organization: OrganizationId,
      slug: string,
      { before, limit }: { before?: number; limit?: number } = {},
    ): Promise<ProfileRow[]> =>
      db
        .selectFrom('profile')
        .selectAll()
        .where('organization', '=', organization)
        .where('slug', '=', slug)
        .$if(before !== undefined, (query) => query.where('version', '<', before!))
        .$if(limit !== undefined, (query) => query.limit(limit!))
        .orderBy('version', 'desc')
        .execute(),
    /** Also one that was put away. */
    version: (
      tx: Tx | undefined,
      organization: OrganizationId,
      slug: string,
      version: number,
    ): Promise<ProfileRow | undefined> =>
      (tx ?? db)
        .selectFrom('profile')
        .selectAll()
        .where('organization', '=', organization)
        .where('slug', '=', slug)
        .where('version', '=', version)
        .executeTakeFirst(),
  };
}
