import { defined } from '../../../lib/defined.ts';
import type { OrganizationId } from '../../../lib/id.ts';
import { Problem } from '../../../lib/problem.ts';
import type { InTransaction, RowIntegrity, Tx } from '../../../storage/transaction.ts';
import { type Actor, describeActor, type Foundation } from '../../audit/index.ts';
import { builtInProfiles, isLenient, validProfile } from './built-in-profiles.ts';
import type { Profile, ProfileDefinition } from './profile.ts';
import { createProfileStore, createVersionStore } from './profile-store.ts';
import { createProfileVersions, type ProfileVersions, writeVersion } from './profile-versions.ts';
import { createReadProfile } from './read-profile.ts';

export interface Profiles extends ProfileVersions {
  list(organization: OrganizationId): Promise<Profile[]>;
  /**
   * Built-in ones that the organization has not replaced, then its own by slug. `after` is the id of a built-in profile, or the
   * slug of an own one.
   */
  page(organization: OrganizationId, page: { after?: string; limit: number }): Promise<Profile[]>;
  /** What is remembered of rows is read again. */
  forgetRead(): void;
  /** Organizations with an own profile that verifies where a built-in one would refuse by liveness; read once after each change. */
  lenientOrganizations(): Promise<Set<OrganizationId>>;
  /** The newest version; an organization's own goes before a built-in one. Throws PROFILE_NOT_FOUND. */
  get(organization: OrganizationId, idOrSlug: string): Promise<Profile>;
  /** Ids of all versions of a slug, built-in or own; for an id, that id. Throws PROFILE_NOT_FOUND. */
  idsOf(organization: OrganizationId, idOrSlug: string): Promise<string[]>;
  /** Slugs by id, of any version; what is not known any more is left out. */
  slugsOf(organization: OrganizationId, ids: readonly string[]): Promise<Map<string, string>>;
  /** `replaces`: the version in use that the writer saw, 0 for none; CONFLICT where another one is. */
  set(
    organization: OrganizationId,
    slug: string,
    definition: ProfileDefinition,
    actor: Actor,
    replaces?: number,
  ): Promise<Profile>;
  /**
   * Puts the organization's own versions of a slug away; a built-in profile of that name holds again, and is returned.
   * Throws PROFILE_NOT_FOUND where there are none.
   */
  reset(organization: OrganizationId, slug: string, actor: Actor): Promise<Profile | undefined>;
}

export interface ProfilesDeps extends Foundation {
  integrity: RowIntegrity;
}

export function createProfiles({ db, audit, ids, clock, log, integrity, ...deps }: ProfilesDeps): Profiles {
  const store = createProfileStore({ db, integrity });
  const toProfile = createReadProfile({ log, integrity });
  const lenient = rememberUntilChanged(async () => {
    const rows = (await store.list()).filter((row) => isLenient(toProfile(row).definition));
    return new Set(rows.map(({ organization }) => organization as OrganizationId));
  });
  const own = rememberUntilChanged(async (organization: OrganizationId) =>
    (await store.list({ organization })).map(toProfile),
  );
  const forgetRead = () => {
    lenient.forget();
    own.forget();
  };
  const inTransaction: InTransaction = (work) => deps.inTransaction(work).finally(forgetRead);
  const write = writeVersion({ store, audit, ids, clock, toProfile });

  return {
    forgetRead,
    ...createProfileNames(store),
    ...createProfileVersions({
      store: { ...store, ...createVersionStore({ db }) },
      toProfile,
      write,
      inTransaction,
    }),
    async list(organization) {
      const ownOnes = await own.read(organization);
      const taken = new Set(ownOnes.map(({ slug }) => slug));
      return [...builtInProfiles.filter(({ slug }) => !taken.has(slug)), ...ownOnes];
    },
    async page(organization, { after, limit }) {
      const { left, ...ownOnes } = builtInBehind(after);
      const slugs = left.map(({ slug }) => slug);
      const taken = slugs.length === 0 ? [] : await store.taken(organization, slugs);
      const builtIn = left.filter(({ slug }) => !taken.includes(slug)).slice(0, limit);
      if (builtIn.length === limit) return builtIn;
      const rows = await store.list({ organization, ...ownOnes, limit: limit - builtIn.length });
      return [...builtIn, ...rows.map(toProfile)];
    },
    lenientOrganizations: () => lenient.read(undefined),
    async get(organization, idOrSlug) {
      const builtIn = builtInProfiles.find(({ id }) => id === idOrSlug);
      if (builtIn) return builtIn;
      // An id has an underscore, a slug never.
      const slug = (idOrSlug.includes('_') && (await store.slugOf(organization, idOrSlug))) || idOrSlug;
      const found = (await own.read(organization)).find((one) => one.slug === slug) ?? builtInOf(slug);
      if (found?.altered) throw altered(found);
      if (found) return found;
      throw notFound(idOrSlug);
    },
    async set(organization, slug, definition, actor, replaces) {
      const valid = validProfile(slug, definition);
      return inTransaction((tx: Tx) =>
        write(tx, { organization, slug, definition: valid, actor, ...defined({ replaces }) }),
      );
    },
    async reset(organization, slug, actor) {
      await inTransaction(async (tx: Tx) => {
        const put = { at: clock.now(), by: describeActor(actor) };
        const versions = await store.remove(tx, organization, slug, put);
        if (versions === 0)
          throw new Problem(
            'PROFILE_NOT_FOUND',
            `The organization has no profile “${slug}” of its own: “gatehouse profile list” shows which it has.`,
          );
        const details = { slug, versions };
        await audit.add(tx, { actor, action: 'profile.reset', organization, target: slug, details });
      });
      return builtInOf(slug);
    },
  };
}

/** Reads once after each change: every verification and `/health` ask. */
function rememberUntilChanged<Key, T>(read: (key: Key) => Promise<T>) {
  const known = new Map<Key, Promise<T>>();
  return {
    async read(key: Key): Promise<T> {
      const reading = known.get(key) ?? read(key);
      known.set(key, reading);
      return reading.catch((error) => {
        if (known.get(key) === reading) known.delete(key);
        throw error;
      });
    },
    forget: () => known.clear(),
  };
}

function createProfileNames(
  store: Pick<ReturnType<typeof createProfileStore>, 'versionsNamed'>,
): Pick<Profiles, 'idsOf' | 'slugsOf'> {
  return {
    async idsOf(organization, idOrSlug) {
      const builtIn = builtInProfiles.filter(({ id, slug }) => id === idOrSlug || slug === idOrSlug);
      const ids = [...builtIn, ...(await store.versionsNamed(organization, [idOrSlug]))].map(({ id }) => id);
      if (ids.length > 0) return ids;
      throw notFound(idOrSlug);
    },
    async slugsOf(organization, ids) {
      const own = ids.length === 0 ? [] : await store.versionsNamed(organization, [...new Set(ids)]);
      return new Map([...builtInProfiles, ...own].map(({ id, slug }) => [id, slug]));
    },
  };
}

const altered = ({ id, slug }: Profile) =>
  new Problem(
    'CONFLICT',
    `Another program wrote or changed the row of the profile “${slug}” (${id}) in the database: nothing is judged by it. Set the profile again (profile set), or put an earlier version back (profile restore).`,
  );

const notFound = (idOrSlug: string) =>
  new Problem(
    'PROFILE_NOT_FOUND',
    `No profile has the id or slug “${idOrSlug}”: “gatehouse profile list” shows them.`,
  );

const builtInOf = (slug: string) => builtInProfiles.find((profile) => profile.slug === slug);

/** Built-in ones that come after the id, none after the slug of an own one. */
function builtInBehind(idOrSlug: string | undefined): { left: readonly Profile[]; after?: string } {
  const at = builtInProfiles.findIndex(({ id }) => id === idOrSlug);
  return idOrSlug !== undefined && at === -1
    ? { left: [], after: idOrSlug }
    : { left: builtInProfiles.slice(at + 1) };
}
