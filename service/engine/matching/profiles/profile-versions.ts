import { defined } from '../../../lib/defined.ts';
import type { OrganizationId } from '../../../lib/id.ts';
import { Problem } from '../../../lib/problem.ts';
import type { InTransaction, Tx } from '../../../storage/transaction.ts';
import { type Actor, describeActor, type Foundation } from '../../audit/index.ts';
import type { Profile, ProfileDefinition } from './profile.ts';
import type { createProfileStore, createVersionStore, ProfileRow } from './profile-store.ts';
import { custom } from './read-profile.ts';

/** One stored change of an organization's own profile. */
export interface ProfileVersion extends Profile {
  createdAt: number;
  /** In the format of `describeActor`. */
  createdBy: string;
  /** The version whose settings this one has put back. */
  restoredFrom?: number;
  /** It was put away with all others of its slug; verifications may name it still. */
  removed?: { at: number; by?: string };
}

export type ProfileVersions = ReturnType<typeof createProfileVersions>;

type Store = ReturnType<typeof createProfileStore>;
type ToProfile = (row: ProfileRow) => Profile;

interface NewVersion {
  organization: OrganizationId;
  slug: string;
  definition: ProfileDefinition;
  restoredFrom?: number;
  /** The version in use that the writer saw; 0: none of the organization's own. Another one is a conflict. */
  replaces?: number;
  actor: Actor;
}

interface WriteDeps extends Pick<Foundation, 'audit' | 'ids' | 'clock'> {
  store: Pick<Store, 'newestIn' | 'insert' | 'sealed'>;
  toProfile: ToProfile;
}

/** Writes the next version and its audit line. */
export function writeVersion({ store, audit, ids, clock, toProfile }: WriteDeps) {
  return async function write(
    tx: Tx,
    { organization, slug, definition, restoredFrom, replaces, actor }: NewVersion,
  ): Promise<Profile> {
    const before = await store.newestIn(tx, organization, slug);
    const inUse = before?.removed_at === null ? before.version : 0;
    if (replaces !== undefined && replaces !== inUse) throw otherVersion(slug, inUse);
    const row = store.sealed({
      id: ids.next('profile'),
      organization,
      slug,
      version: (before?.version ?? 0) + 1,
      definition: JSON.stringify(custom(definition)),
      created_at: clock.now(),
      created_by: describeActor(actor),
      removed_at: null,
      removed_by: null,
      restored_from: restoredFrom ?? null,
    });
    if (!(await store.insert(tx, row)))
      throw new Problem(
        'CONFLICT',
        'The profile was changed by another request at the same time: try again.',
      );
    const details = { slug, version: row.version, ...defined({ restoredFrom }) };
    await audit.add(tx, { actor, action: 'profile.set', organization, target: row.id, details });
    return toProfile(row);
  };
}

const otherVersion = (slug: string, inUse: number) =>
  new Problem(
    'CONFLICT',
    inUse === 0
      ? `The profile “${slug}” was put away meanwhile: nothing was changed.`
      : `The organization has version ${inUse} of a profile “${slug}” already: nothing was changed.`,
    { details: [{ path: 'slug', message: `Version ${inUse} is in use.` }] },
  );

interface VersionDeps {
  store: Pick<Store, 'newestIn'> & ReturnType<typeof createVersionStore>;
  toProfile: ToProfile;
  write: ReturnType<typeof writeVersion>;
  inTransaction: InTransaction;
}

export function createProfileVersions({ store, toProfile, write, inTransaction }: VersionDeps) {
  const toVersion = (row: ProfileRow): ProfileVersion => ({
    ...toProfile(row),
    createdAt: row.created_at,
    createdBy: row.created_by,
    ...defined({ restoredFrom: row.restored_from ?? undefined }),
    ...(row.removed_at === null
      ? {}
      : { removed: { at: row.removed_at, ...defined({ by: row.removed_by ?? undefined }) } }),
  });

  const noVersion = (slug: string, version: number) =>
    new Problem('PROFILE_NOT_FOUND', `The organization has no version ${version} of a profile “${slug}”.`);

  return {
    /** The organization's own versions of a slug, the newest first, older than `before`; also those that were put away. */
    pageVersions: async (
      organization: OrganizationId,
      slug: string,
      page: { before?: number; limit: number },
    ): Promise<ProfileVersion[]> => (await store.versions(organization, slug, page)).map(toVersion),
    /** Every version of a slug by which verifications may have been decided, the newest first; not of built-in profiles. */
    allVersions: async (organization: OrganizationId, slug: string): Promise<Profile[]> =>
      (await store.versions(organization, slug)).map(toProfile),
    /** Throws PROFILE_NOT_FOUND. */
    async getVersion(organization: OrganizationId, slug: string, version: number): Promise<ProfileVersion> {
      const row = await store.version(undefined, organization, slug, version);
      if (row) return toVersion(row);
      throw noVersion(slug, version);
    },
    /** Makes the next version, with the settings of an old one. Throws PROFILE_NOT_FOUND, and CONFLICT for the one in use. */
    restore: (organization: OrganizationId, slug: string, version: number, actor: Actor): Promise<Profile> =>
      inTransaction(async (tx) => {
        const row = await store.version(tx, organization, slug, version);
        if (!row) throw noVersion(slug, version);
        const newest = await store.newestIn(tx, organization, slug);
        if (newest?.version === version && newest.removed_at === null)
          throw new Problem('CONFLICT', `Version ${version} of the profile “${slug}” is the one in use.`);
        const { definition, altered } = toProfile(row);
        if (altered)
          throw new Problem(
            'CONFLICT',
            `Another program wrote or changed version ${version} of the profile “${slug}” in the database: choose another version.`,
          );
        return write(tx, { organization, slug, definition, restoredFrom: version, actor });
      }),
  };
}
