import type { Clock } from '../../lib/clock.ts';
import type { Ids, OrganizationId } from '../../lib/id.ts';
import type { Log } from '../../lib/log.ts';
import { Problem, type ProblemDetail } from '../../lib/problem.ts';
import { isTimeZone } from '../../lib/time-zone.ts';
import type { Db, InTransaction, Tx } from '../../storage/transaction.ts';
import { type Actor, type Audit, describeActor } from '../audit/index.ts';
import { checksWithInput, qualityComponents } from '../checks/index.ts';
import { builtInProfiles } from './built-in-profiles.ts';
import { isLenient } from './lenient-liveness.ts';
import { type Profile, ProfileDefinition } from './profile.ts';
import { createProfileStore, type ProfileRow } from './profile-store.ts';
import { readStoredProfile } from './read-stored-profile.ts';

export interface Profiles {
  list(organization: OrganizationId): Promise<Profile[]>;
  /**
   * Built-in ones that the organization has not replaced, then its own by slug. `after` is the id of a built-in profile, or the
   * slug of an own one.
   */
  page(organization: OrganizationId, page: { after?: string; limit: number }): Promise<Profile[]>;
  /** Organizations with an own profile that verifies where a built-in one would refuse by liveness; one query for all. */
  lenientOrganizations(): Promise<Set<OrganizationId>>;
  /** The newest version; an organization's own goes before a built-in one. Throws PROFILE_NOT_FOUND. */
  get(organization: OrganizationId, idOrSlug: string): Promise<Profile>;
  /** Of every version that a slug ever had, built-in or own; of an id, that id. Throws PROFILE_NOT_FOUND. */
  idsOf(organization: OrganizationId, idOrSlug: string): Promise<string[]>;
  /** Slugs by id, of any version; what is not known any more is left out. */
  slugsOf(organization: OrganizationId, ids: readonly string[]): Promise<Map<string, string>>;
  set(
    organization: OrganizationId,
    slug: string,
    definition: ProfileDefinition,
    actor: Actor,
  ): Promise<Profile>;
  /**
   * Puts the organization's own versions of a slug away; a built-in profile of that name holds again, and is returned.
   * Throws PROFILE_NOT_FOUND where there are none.
   */
  reset(organization: OrganizationId, slug: string, actor: Actor): Promise<Profile | undefined>;
}

export interface ProfilesDeps {
  db: Db;
  inTransaction: InTransaction;
  audit: Audit;
  ids: Ids;
  clock: Clock;
  log: Log;
}

export function createProfiles({ db, inTransaction, audit, ids, clock, log }: ProfilesDeps): Profiles {
  const store = createProfileStore({ db });
  const toProfile = createReadProfile(log);

  return {
    ...createProfileNames(store),
    async list(organization) {
      const own = (await store.list({ organization })).map(toProfile);
      const taken = new Set(own.map(({ slug }) => slug));
      return [...builtInProfiles.filter(({ slug }) => !taken.has(slug)), ...own];
    },
    async page(organization, { after, limit }) {
      const { left, ...ownOnes } = builtInBehind(after);
      const slugs = left.map(({ slug }) => slug);
      const taken = slugs.length === 0 ? [] : await store.taken(organization, slugs);
      const builtIn = left.filter(({ slug }) => !taken.includes(slug)).slice(0, limit);
      if (builtIn.length === limit) return builtIn;
      const own = await store.list({ organization, ...ownOnes, limit: limit - builtIn.length });
      return [...builtIn, ...own.map(toProfile)];
    },
    async lenientOrganizations() {
      const rows = await store.list();
      const lenient = rows.filter((row) => isLenient(toProfile(row).definition));
      return new Set(lenient.map(({ organization }) => organization as OrganizationId));
    },
    async get(organization, idOrSlug) {
      const builtIn = builtInProfiles.find(({ id }) => id === idOrSlug);
      if (builtIn) return builtIn;
      // An id has an underscore, a slug never.
      const slug = (idOrSlug.includes('_') && (await store.slugOf(organization, idOrSlug))) || idOrSlug;
      const own = await store.newest(organization, slug);
      if (own) return toProfile(own);
      const found = builtInOf(slug);
      if (found) return found;
      throw notFound(idOrSlug);
    },
    async set(organization, slug, definition, actor) {
      const valid = parse(slug, definition);
      return inTransaction(async (tx: Tx) => {
        const before = await store.newestIn(tx, organization, slug);
        const row: ProfileRow = {
          id: ids.next('profile'),
          organization,
          slug,
          version: (before?.version ?? 0) + 1,
          definition: JSON.stringify(custom(valid)),
          created_at: clock.now(),
          created_by: describeActor(actor),
          removed_at: null,
        };
        if (!(await store.insert(tx, row)))
          throw new Problem(
            'CONFLICT',
            'The profile was changed by another request at the same time: try again.',
          );
        const details = { slug, version: row.version };
        await audit.add(tx, { actor, action: 'profile.set', organization, target: row.id, details });
        return toProfile(row);
      });
    },
    async reset(organization, slug, actor) {
      await inTransaction(async (tx: Tx) => {
        const versions = await store.remove(tx, organization, slug, clock.now());
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

/** Reads rows; what this release does not know of one is in the log once. */
function createReadProfile(log: Log) {
  /** Rows whose unknown fields are in the log: each is read with every verification. */
  const logged = new Set<string>();

  return function toProfile(row: ProfileRow): Profile {
    const { id, slug, version } = row;
    const { definition, unknown } = readStoredProfile(row);
    if (unknown.length > 0 && !logged.has(id)) {
      logged.add(id);
      log.warn(
        { profile: id, unknown },
        'a stored profile names what this release does not know; it is left out',
      );
    }
    return { id, slug, version, builtIn: false, definition: custom(definition) };
  };
}

/** Whatever it was copied from: what was measured holds for the built-in profiles as they are. */
const custom = (definition: ProfileDefinition): ProfileDefinition => ({ ...definition, maturity: 'custom' });

/** What the schema cannot say: the slug, the zone's name and the names of the quality components. */
function parse(slug: string, definition: unknown): ProfileDefinition {
  const details: ProblemDetail[] = [];
  if (!/^[a-z0-9][a-z0-9-]{0,62}$/.test(slug))
    details.push({ path: 'slug', message: 'Lower-case letters, digits and hyphens, 63 at most.' });
  const parsed = ProfileDefinition.safeParse(definition);
  for (const { path, message } of parsed.error?.issues ?? []) details.push({ path: path.join('.'), message });
  for (const [check, { whenMissing }] of Object.entries(parsed.data?.checks ?? {})) {
    if (whenMissing !== undefined && !(checksWithInput as readonly string[]).includes(check))
      details.push({
        path: `checks.${check}.whenMissing`,
        message: `Leave it out: only ${checksWithInput.join(', ')} wait for something the caller sends.`,
      });
  }
  const zone = parsed.data?.timeRestriction?.timeZone;
  if (zone !== undefined && !isTimeZone(zone))
    details.push({ path: 'timeRestriction.timeZone', message: `“${zone}” is not an IANA time zone.` });
  for (const [i, name] of (parsed.data?.refuseQuality ?? []).entries()) {
    if (!(qualityComponents as readonly string[]).includes(name))
      details.push({ path: `refuseQuality.${i}`, message: `One of ${qualityComponents.join(', ')}.` });
  }
  if (parsed.data && details.length === 0) return parsed.data;
  throw new Problem('INVALID_REQUEST', 'The profile is not valid.', { details });
}
