import { setImmediate as pause } from 'node:timers/promises';
import type { Clock } from '../../../lib/clock.ts';
import { defined } from '../../../lib/defined.ts';
import type { OrganizationId, SubjectId } from '../../../lib/id.ts';
import { Problem } from '../../../lib/problem.ts';
import type { InTransaction } from '../../../storage/transaction.ts';
import type { Actor, Audit } from '../../audit/index.ts';
import {
  confidence,
  type DeviceInfo,
  type GeoLocation,
  matchRateForGallery,
  type Profile,
  type Profiles,
} from '../../matching/index.ts';
import { type Realm, realmKey, type Subject, type Subjects } from '../../people/index.ts';
import {
  createPastVerificationsStore,
  type OutcomeCount,
  type PastVerificationsStoreDeps,
} from '../past-verifications-store.ts';
import type { PastFilter, PastKey, PastVerification, WholeVerification } from './past-verification.ts';

/** `slug` is absent where the profile is not known any more. */
type Named<T extends PastVerification> = Omit<T, 'profile'> & { profile: T['profile'] & { slug?: string } };

export interface PastRequest extends Omit<PastFilter, 'profiles' | 'subject'> {
  /** Slug, or id of one version. */
  profile?: string;
  /** Id or e-mail address. */
  person?: string;
  /** The last of the page before. */
  before?: PastKey;
  limit: number;
}

export interface PastVerifications {
  /**
   * The newest first. A list of one person's is audited as a read of the person. Throws SUBJECT_NOT_FOUND and PROFILE_NOT_FOUND.
   */
  page(
    realm: Realm,
    order: PastRequest,
    actor: Actor,
    request?: string,
  ): Promise<{ items: Named<PastVerification>[]; next?: PastKey }>;
  /**
   * With the person and what is sealed, so it is audited, on disk before the answer. `threshold`: the confidence from which the face
   * matched; absent where it is not known any more. Throws NOT_FOUND.
   */
  get(
    realm: Realm,
    id: string,
    actor: Actor,
    request?: string,
  ): Promise<Named<WholeVerification> & { person?: Subject; threshold?: number }>;
  /**
   * Of the person's last verified verifications, the last one of each device and place first. Opens what is sealed: the caller audits
   * the read of the person.
   */
  circumstances(realm: Realm, subject: SubjectId): Promise<Circumstances>;
  /** How those of the last hours ended, the oldest hour first. */
  hourly(realm: Realm, hours: number): Promise<HourlyCount[]>;
}

/** Each with how often, and when last (ms since 1970). */
export interface Circumstances {
  devices: (DeviceInfo & Seen)[];
  places: (GeoLocation & Seen)[];
}

interface Seen {
  times: number;
  lastAt: number;
}

interface PastVerificationsDeps extends PastVerificationsStoreDeps {
  inTransaction: InTransaction;
  audit: Audit;
  subjects: Pick<Subjects, 'find' | 'get'>;
  profiles: Pick<Profiles, 'idsOf' | 'slugsOf' | 'list'>;
  clock: Clock;
}

/** Verified verifications that devices and places are read from. */
const LOOKED_AT = 50;

export function createPastVerifications(deps: PastVerificationsDeps): PastVerifications {
  const { inTransaction, audit, subjects, profiles, clock } = deps;
  const store = createPastVerificationsStore(deps);

  async function named<T extends PastVerification>(
    organization: OrganizationId,
    items: readonly T[],
  ): Promise<Named<T>[]> {
    const slugs = await profiles.slugsOf(
      organization,
      items.map(({ profile }) => profile.id),
    );
    return items.map((item) => ({
      ...item,
      profile: { ...item.profile, ...defined({ slug: slugs.get(item.profile.id) }) },
    }));
  }

  return {
    async page(realm, { person, profile, before, limit, ...filter }, actor, request) {
      const { organization, world } = realm;
      const subject = person === undefined ? undefined : (await subjects.get(realm, person)).id;
      const ids = profile === undefined ? undefined : await profiles.idsOf(organization, profile);
      const found = await store.list(
        realm,
        { ...filter, ...defined({ subject, profiles: ids }) },
        { limit: limit + 1, ...defined({ before }) },
      );
      const items = found.slice(0, limit);
      if (subject !== undefined)
        await inTransaction((tx) =>
          audit.add(tx, {
            actor,
            action: 'verification.list',
            organization,
            target: subject,
            ...defined({ request }),
            details: { world, verifications: items.length },
          }),
        );
      const last = items.at(-1);
      return {
        items: await named(organization, items),
        ...(last && found.length > limit && { next: { at: last.at, id: last.id } }),
      };
    },

    async get(realm, id, actor, request) {
      const { organization, world } = realm;
      const found = await store.find(realm, id);
      if (!found) throw new Problem('NOT_FOUND', 'No such verification is kept here.');
      const { subject } = found;
      await inTransaction((tx) =>
        audit.add(tx, {
          actor,
          action: 'verification.read',
          organization,
          target: id,
          ...defined({ request }),
          details: { world, ...defined({ subject }) },
        }),
      );
      const person = subject && (await subjects.find(realm, subject));
      const [one] = await named(organization, [found]);
      const used = (await profiles.list(organization)).find(
        ({ id, version }) => id === found.profile.id && version === found.profile.version,
      );
      return { ...one!, ...defined({ person, threshold: thresholdOf(found, used) }) };
    },

    async circumstances(realm, subject) {
      const seen = await store.circumstances(realm, subject, LOOKED_AT);
      return {
        devices: together(seen.flatMap(({ at, device }) => (device ? [{ at, value: device }] : []))),
        places: together(seen.flatMap(({ at, place }) => (place ? [{ at, value: place }] : []))),
      };
    },

    hourly: createHourlyCounts({ store, clock }),
  };
}

/** A 1:1 has 0.5 by definition; a search over many people needs more. */
function thresholdOf(
  { kind, gallerySize }: WholeVerification,
  profile: Pick<Profile, 'definition'> | undefined,
): number | undefined {
  if (kind === '1:1') return 0.5;
  if (gallerySize === undefined || !profile) return undefined;
  const { falseMatchRate, falseIdentificationRate } = profile.definition.match;
  const rate = Math.min(matchRateForGallery(falseIdentificationRate, gallerySize), falseMatchRate);
  return confidence(Math.log10(rate), Math.log10(falseMatchRate));
}

/** Equal ones together; the newest are first. */
const together = <T extends object>(seen: readonly { at: number; value: T }[]): (T & Seen)[] =>
  [...Map.groupBy(seen, ({ value }) => JSON.stringify(value)).values()].map((same) => ({
    ...same[0]!.value,
    times: same.length,
    lastAt: same[0]!.at,
  }));

/** How verifications of one hour ended. Times are ms since 1970. */
export interface HourlyCount {
  from: number;
  counts: OutcomeCount[];
}

interface HourlyCountsDeps {
  store: { count(realm: Realm, from: number, until: number): Promise<OutcomeCount[]> };
  clock: Clock;
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** What one query counts: few enough rows that it takes some milliseconds of the event loop at fifty verifications a second. */
const PART = 10 * MINUTE;
/** A verification is written when it has ended, under the time at which it began. */
const STILL_WRITTEN = 2 * MINUTE;
/** Counts are read again after this time: retention deletes what they counted. */
const KEPT = 10 * MINUTE;

/**
 * Counts by the hour, in parts between which other requests are answered. A part that is over is remembered, so that the next call
 * counts what has come since.
 */
function createHourlyCounts({ store, clock }: HourlyCountsDeps) {
  const remembered = new Map<string, { at: number; counts: OutcomeCount[] }>();

  async function countPart(realm: Realm, from: number): Promise<OutcomeCount[]> {
    const key = `${realmKey(realm)}/${from}`;
    const now = clock.now();
    const known = remembered.get(key);
    if (known && Math.abs(now - known.at) < KEPT) return known.counts;
    const counts = await store.count(realm, from, from + PART);
    if (from + PART + STILL_WRITTEN < now) remembered.set(key, { at: now, counts });
    await pause();
    return counts;
  }

  function forgetOld(now: number): void {
    for (const [key, { at }] of remembered) if (Math.abs(now - at) >= KEPT) remembered.delete(key);
  }

  /** The last `hours` hours, the one that runs included, the oldest first. */
  return async function hourly(realm: Realm, hours: number): Promise<HourlyCount[]> {
    const now = clock.now();
    const last = Math.floor(now / HOUR) * HOUR;
    const counted: HourlyCount[] = [];
    for (let from = last - (hours - 1) * HOUR; from <= last; from += HOUR) {
      const parts: OutcomeCount[] = [];
      for (let part = from; part < from + HOUR && part <= now; part += PART)
        parts.push(...(await countPart(realm, part)));
      counted.push({ from, counts: sumOf(parts) });
    }
    forgetOld(now);
    return counted;
  };
}

/** One count for each outcome and deciding check, the most frequent first. */
export function sumOf(counts: readonly OutcomeCount[]): OutcomeCount[] {
  const groups = Map.groupBy(counts, ({ outcome, decidedBy = '' }) => `${outcome}/${decidedBy}`);
  return [...groups.values()]
    .map((same) => ({ ...same[0]!, count: same.reduce((sum, { count }) => sum + count, 0) }))
    .toSorted((a, b) => b.count - a.count || (a.outcome < b.outcome ? -1 : 1));
}
