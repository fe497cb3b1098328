import { type Clock, createSteadyClock } from '../../../lib/clock.ts';
import { defined } from '../../../lib/defined.ts';
import type { KeyId, OrganizationId, World } from '../../../lib/id.ts';
import { Problem, type ProblemCode, type RateLimit } from '../../../lib/problem.ts';
import { siteOf, sourceOf } from '../../../lib/source.ts';
import type { Db, Tx } from '../../../storage/transaction.ts';
import type { Actor, Foundation } from '../../audit/index.ts';
import { createSharedUsage, type SharedUsageDeps } from './shared-usage.ts';
import { createUsage, type MonthlyLimit, monthOf, type Usage, WINDOW } from './usage.ts';
import {
  defaultLimits,
  type LimitChange,
  LimitSettings,
  selectKeyLimits,
  selectLineage,
  selectOrganizationLimits,
  updateKeyLimits,
  updateOrganizationLimits,
} from './usage-store.ts';

/** Who calls: a key counts together with its successors and predecessors. */
export interface LimitedCaller {
  organization: OrganizationId;
  world: World;
  lineage: string;
}

interface CountedRealm {
  organization: OrganizationId;
  world: World;
}

/** A request that was let in and counted. */
export interface Admitted {
  /** Those that it was counted for, and what is left of them. */
  limits: readonly RateLimit[];
  /** Reports the outcome; a request refused before a decision does not count for the month. */
  answered(problem: ProblemCode | null): void;
}

export interface MonthlyUse {
  used: number;
  /** null: no limit. */
  limit: number | null;
}

/** Limits of an organization, or of one of its keys. */
export interface LimitsReport {
  burst: number;
  /** The organization's. */
  perUser: number;
  perAddress: number;
  /** Milliseconds since 1970; null: none. */
  trialUntil: number | null;
  /** Start of the month, milliseconds since 1970. */
  month: number;
  organization: MonthlyUse;
  /** Visits of its published flows. */
  visits: MonthlyUse;
  /** Use of the key and its predecessors, if a key was given. */
  key?: MonthlyUse & { lineage: string };
}

export interface Limits {
  /** Loads the counts of an earlier process; call it before the first request. */
  load(): Promise<void>;
  /** Writes what was counted since the last time. Never throws. */
  flush(): Promise<void>;
  /** What is remembered of limits is read again; counts stay. */
  forgetRead(): void;
  /**
   * Counts one request. Throws BURST_LIMIT_EXCEEDED for more in a minute than the key may send; in the live world also
   * TRIAL_EXPIRED and, for a metered request, MONTHLY_LIMIT_EXCEEDED; those count for the minute, not for the month.
   * `address`: where it came from, of a caller that is every visitor of a page; throws BURST_LIMIT_EXCEEDED for more of one address or
   * IPv6 /48 than may be, which count for nothing. Where the minute of the page is used up, each address has a few requests more.
   */
  admit(caller: LimitedCaller, request: { metered: boolean; address?: string }): Promise<Admitted>;
  /**
   * Counts one visit of a published flow (`lineage`), of no named caller: as `admit`, but for a month of its own, in which all flows of the
   * organization have as many visits as its monthly limit says. In the test world each flow has a thousand a day: BURST_LIMIT_EXCEEDED.
   */
  admitVisit(caller: LimitedCaller, address: string | undefined): Promise<Admitted>;
  /** How far an address, or its IPv6 /48, is beyond its free visits of a flow in this minute: 0 not at all, and one more for each twice as many. */
  visitLevel(caller: Pick<LimitedCaller, 'organization' | 'lineage'>, address: string): Promise<number>;
  /** Counts for the month alone what a request that was admitted turned out to ask for. Throws MONTHLY_LIMIT_EXCEEDED. */
  meter(caller: LimitedCaller): Promise<Admitted>;
  /**
   * Counts one request about a person, known or not, by an e-mail address in any spelling. Throws USER_FLOOD_DETECTED for more in a
   * minute than the organization allows.
   */
  admitPerson(realm: CountedRealm, email: string): Promise<void>;
  /**
   * Counts one request about a user by the keyed hash of the caller's own id (`Verdicts.userHashOf`). Throws USER_FLOOD_DETECTED for more in a
   * minute than the organization allows. `address`: of a caller with a key that stands in pages; about all users together it may ask six
   * times as often.
   */
  admitUser(realm: CountedRealm, userHash: string, address?: string): Promise<void>;
  /** Removes the counter of `admitPerson` under the keyed hash of an erased person's address. */
  forgetPerson(realm: CountedRealm, emailHash: string): Promise<void>;
  /** Credentials that were refused, by the address they came from. */
  refusals: {
    /** Seconds until another credential of this address is checked; 0: now. */
    wait(address: string): Promise<number>;
    count(address: string): void;
  };
  /** Throws NOT_FOUND for an organization or key that is not there. */
  show(organization: OrganizationId, key?: KeyId): Promise<LimitsReport>;
  /** Only what is named changes; null takes a limit away. Throws NOT_FOUND, INVALID_REQUEST. */
  set(organization: OrganizationId, change: LimitChange, actor: Actor, key?: KeyId): Promise<LimitsReport>;
}

export interface LimitsDeps extends Pick<Foundation, 'db' | 'inTransaction' | 'audit' | 'clock' | 'log'> {
  /** A keyed hash, so that the name of a counter holds no address of a person, and none of a visitor's machine. */
  sealer: { emailHash(organization: OrganizationId, text: string): string };
  /** Milliseconds that only ever grow. */
  elapsed?: () => number;
  /** Refused credentials of one source in any minute. */
  refusedPerMinute?: number;
  /** Where several count together. */
  node?: SharedUsageDeps['node'] | undefined;
}

/** Visits of one flow from one address in any minute that cost the visitor nothing, and steps of the work that further ones cost. */
const FREE_VISITS = 10;
/** Times as many of anything from one IPv6 /48. */
const OF_SITE = 4;
/**
 * Further requests in a minute of one address of a page whose minute is used up, so that few addresses do not shut out the others: at least,
 * and as part of the limit of an address. Of all addresses together, so many times the minute's limit.
 */
const FEW = 5;
const PART = FEW / defaultLimits.perAddress;
const OF_FEW = 9;
const MOST_LEVELS = 8;

/** The month's counter of visits of published flows. */
const visitsOf = (organization: OrganizationId) => `visits/${organization}`;

/** Visits of one flow in the test world in a day, UTC: they count in no month, and each keeps some 9 kB for a year. */
const TEST_VISITS = 1_000;
const DAY = 24 * 60 * 60_000;
/** Each day of the month has a counter, which is kept as those of months are. */
const testVisitsOf = (flow: string, now: number) => `test/${flow}/${new Date(now).getUTCDate()}`;

/** Times the limit of one user: about all users together, from one address of a page. */
const USERS_OF_ADDRESS = 6;

/** Refused before anything was judged: these do not use up the month. */
const free: ReadonlySet<ProblemCode> = new Set<ProblemCode>([
  'INVALID_REQUEST',
  'MALFORMED_JSON',
  'PAYLOAD_TOO_LARGE',
  'UNSUPPORTED_MEDIA_TYPE',
  'NOT_FOUND',
  'CONFLICT',
  'IDEMPOTENCY_KEY_REUSED',
  'ORGANIZATION_MISMATCH',
  'METHOD_NOT_ALLOWED',
  'HOST_NOT_ALLOWED',
  'BURST_LIMIT_EXCEEDED',
  'USER_FLOOD_DETECTED',
  'VERIFICATION_DISABLED',
  'CONSENT_REQUIRED',
  'CONSENT_WITHDRAWN',
  'IMAGE_UNREADABLE',
  'IMAGE_TOO_LARGE',
  'IMAGE_FORMAT_UNSUPPORTED',
  'DESTINATION_NOT_GRANTED',
  'DESTINATION_FORBIDDEN',
  'PROFILE_NOT_FOUND',
  'PROFILE_NOT_ALLOWED',
  'KIOSK_REQUIRED',
  'MODEL_NOT_INSTALLED',
  'PAD_NOT_INSTALLED',
  'LICENCE_NOT_ACCEPTED',
  'OVERLOADED',
  'TIMEOUT',
  'SEALED',
  'STORAGE_FULL',
  'STORAGE_UNAVAILABLE',
  'INTERNAL',
]);

export function createLimits(deps: LimitsDeps): Limits {
  const { db, sealer, clock, elapsed, refusedPerMinute = 20 } = deps;
  const steady = createSteadyClock(clock, elapsed);
  const usage = createGroupedUsage(deps, steady);
  const settings = createKnownSettings(db);
  const monthly = createMonthlyCount({ usage, clock });
  const { countMonth, countNothing } = monthly;

  async function report(organization: OrganizationId, lineage?: string): Promise<LimitsReport> {
    const { all, one, burst, perUser, perAddress } = await settings.read(organization, lineage);
    const ends = [all.trialUntil, one.trialUntil].filter((end) => typeof end === 'number');
    const names = [organization, visitsOf(organization), ...(lineage === undefined ? [] : [lineage])];
    const [used = 0, visits = 0, ofKey = 0] = await usage.usedInMonth(names);
    return {
      burst,
      perUser,
      perAddress,
      trialUntil: ends.length > 0 ? Math.min(...ends) : null,
      month: monthOf(clock.now()).start,
      organization: { used, limit: all.monthly ?? null },
      visits: { used: visits, limit: all.monthly ?? null },
      ...(lineage !== undefined && {
        key: { lineage, used: ofKey, limit: one.monthly ?? null },
      }),
    };
  }

  /** Counts one more of this minute, and says what is left; with `most` of them it throws the refusal. */
  async function countMinute(
    { name, counter, most }: MinuteLimit,
    refusal: (retryAfterSeconds: number) => Problem,
  ): Promise<RateLimit> {
    const wait = await usage.countUpTo(counter, most);
    const { left, reset } = usage.left(counter, most);
    const limit = { name, quota: most, windowSeconds: WINDOW / 1000, left, resetSeconds: reset / 1000 };
    if (wait === 0) return limit;
    const problem = refusal(wait / 1000);
    problem.extra.rateLimits = [{ ...limit, resetSeconds: wait / 1000 }];
    throw problem;
  }

  return {
    load: () => usage.load(),
    flush: () => usage.flush(),
    forgetRead: settings.forget,

    ...createRequestLimits(deps, { usage, settings, countMinute, ...monthly }),
    async meter({ organization, world, lineage }) {
      if (world !== 'live') return countNothing();
      return countMonth({ organization, lineage }, await settings.read(organization, lineage));
    },

    ...createUserLimits(sealer, { usage, settings, countMinute }),

    refusals: {
      wait: async (address) => (await usage.wait(`refused/${sourceOf(address)}`, refusedPerMinute)) / 1000,
      count: (address) => usage.count(`refused/${sourceOf(address)}`),
    },

    async show(organization, key) {
      if ((await selectOrganizationLimits(db, organization)) === undefined)
        throw noOrganization(organization);
      return report(organization, key === undefined ? undefined : await lineageOf(db, organization, key));
    },

    async set(organization, change, actor, key) {
      const { lineage, after } = await writeChange(deps, organization, change, actor, key);
      settings.put(lineage ?? organization, after);
      return report(organization, lineage);
    },
  };
}

/** At most so many in any minute. */
interface MinuteLimit {
  name: RateLimit['name'];
  /** Under which it is counted. */
  counter: string;
  most: number;
}

interface Counting {
  usage: Usage;
  settings: ReturnType<typeof createKnownSettings>;
  countMinute(limit: MinuteLimit, refusal: (retryAfterSeconds: number) => Problem): Promise<RateLimit>;
}

/** Of one key, or of the visitors of one page. */
function createRequestLimits(
  { sealer, clock }: Pick<LimitsDeps, 'sealer' | 'clock'>,
  {
    usage,
    settings,
    countMinute,
    countMonth,
    countVisit,
    countTestVisit,
    countNothing,
  }: Counting & ReturnType<typeof createMonthlyCount>,
): Pick<Limits, 'admit' | 'admitVisit' | 'visitLevel'> {
  const visitorsOf = (organization: OrganizationId, lineage: string, source: string) =>
    `visitor/${lineage}/${sealer.emailHash(organization, source)}`;

  async function levelOf(counter: string, free: number): Promise<number> {
    let level = 0;
    while (level < MOST_LEVELS && (await usage.wait(counter, free * 2 ** level)) > 0) level++;
    return level;
  }

  /** One request of an address, and of its IPv6 /48. */
  async function countFrom(
    { organization, lineage }: LimitedCaller,
    address: string | undefined,
    { most, kind = '', refuse }: { most: number; kind?: string; refuse: (seconds: number) => Problem },
  ): Promise<RateLimit | undefined> {
    if (address === undefined) return undefined;
    const count = (from: string, atMost: number) =>
      countMinute(
        { name: 'address', counter: visitorsOf(organization, kind + lineage, from), most: atMost },
        refuse,
      );
    const own = await count(sourceOf(address), most);
    const site = siteOf(address);
    if (site) await count(site, OF_SITE * most);
    return own;
  }

  async function admitToMinute(
    caller: LimitedCaller,
    address: string | undefined,
    counter = `burst/${caller.lineage}`,
  ) {
    const { organization, world, lineage } = caller;
    const known = settings.known(organization, lineage) ?? (await settings.read(organization, lineage));
    const { all, one, burst, perAddress } = known;
    const visitor = await countFrom(caller, address, {
      most: perAddress,
      refuse: (seconds) => crowding(perAddress, seconds),
    });
    const refuse = (seconds: number) => tooFast(burst, seconds);
    const ofFew = async () => {
      const most = Math.max(FEW, Math.ceil(PART * perAddress));
      const few = await countFrom(caller, address, { most, kind: 'few/', refuse });
      await countMinute({ name: 'burst', counter: `few/${counter}`, most: OF_FEW * burst }, refuse);
      return [few!];
    };
    const minute = await countMinute({ name: 'burst', counter, most: burst }, refuse).then(
      (own) => [own, ...(visitor ? [visitor] : [])],
      (refusal: unknown) => {
        const isOver = refusal instanceof Problem && refusal.code === 'BURST_LIMIT_EXCEEDED';
        if (!visitor || !isOver) throw refusal;
        return ofFew();
      },
    );
    if (world === 'live') refuseAfterTrial([all, one], clock.now());
    return { known, minute };
  }

  return {
    async admit(caller, { metered, address }) {
      const { organization, lineage } = caller;
      const { known, minute } = await admitToMinute(caller, address);
      return caller.world === 'live' && metered
        ? countMonth({ organization, lineage }, known, minute)
        : countNothing(minute);
    },
    async admitVisit(caller, address) {
      // A flow has visitors of both worlds.
      const counter = `burst/${caller.world === 'test' ? 'test/' : ''}${caller.lineage}`;
      const { known, minute } = await admitToMinute(caller, address, counter);
      return caller.world === 'live' ? countVisit(caller, known.all) : countTestVisit(caller.lineage, minute);
    },
    async visitLevel({ organization, lineage }, address) {
      const own = await levelOf(visitorsOf(organization, lineage, sourceOf(address)), FREE_VISITS);
      const site = siteOf(address);
      if (site === undefined) return own;
      return Math.max(own, await levelOf(visitorsOf(organization, lineage, site), OF_SITE * FREE_VISITS));
    },
  };
}

/** Of people and users, whatever key asks. */
function createUserLimits(
  sealer: LimitsDeps['sealer'],
  { usage, settings, countMinute }: Counting,
): Pick<Limits, 'admitPerson' | 'admitUser' | 'forgetPerson'> {
  const perUserOf = async ({ organization }: CountedRealm): Promise<number> =>
    (settings.known(organization) ?? (await settings.read(organization))).perUser;
  return {
    async admitPerson(realm, email) {
      const perUser = await perUserOf(realm);
      const name = counterOf('person', realm, sealer.emailHash(realm.organization, email));
      await countMinute({ name: 'person', counter: name, most: perUser }, (seconds) =>
        flooded(perUser, seconds),
      );
    },

    async admitUser(realm, userHash, address) {
      const perUser = await perUserOf(realm);
      if (address !== undefined) {
        const most = perUser * USERS_OF_ADDRESS;
        const name = counterOf('from', realm, sealer.emailHash(realm.organization, sourceOf(address)));
        await countMinute({ name: 'address', counter: name, most }, (seconds) => floodedFrom(most, seconds));
      }
      const counter = counterOf('user', realm, userHash);
      await countMinute({ name: 'person', counter, most: perUser }, (seconds) => flooded(perUser, seconds));
    },

    forgetPerson: (realm, emailHash) => usage.forget(counterOf('person', realm, emailHash)),
  };
}

const createGroupedUsage = (deps: LimitsDeps, steady: Clock): Usage =>
  deps.node ? createSharedUsage({ ...deps, steady, node: deps.node }) : createUsage({ ...deps, steady });

/** Limits of the organization (`all`), of one key with its predecessors, and the resulting ones. */
interface KnownLimits {
  all: LimitSettings;
  one: LimitSettings;
  burst: number;
  perUser: number;
  perAddress: number;
}

/** Reads each once: one entry per organization and per lineage that was ever asked for. */
function createKnownSettings(db: Db) {
  const known = new Map<string, LimitSettings>();
  const reading = new Map<string, Promise<LimitSettings>>();

  async function once(name: string, read: () => Promise<LimitSettings>): Promise<LimitSettings> {
    const begun = reading.get(name) ?? read();
    reading.set(name, begun);
    try {
      const settings = await begun;
      // Changed meanwhile: the change is newer.
      if (reading.get(name) === begun && !known.has(name)) known.set(name, settings);
      return known.get(name) ?? settings;
    } finally {
      if (reading.get(name) === begun) reading.delete(name);
    }
  }

  function resulting(all: LimitSettings, one: LimitSettings): KnownLimits {
    const burst = one.burst ?? all.burst ?? defaultLimits.burst;
    const perAddress = one.perAddress ?? all.perAddress ?? defaultLimits.perAddress;
    return { all, one, burst, perUser: all.perUser ?? defaultLimits.perUser, perAddress };
  }

  /** Undefined where they have to be read. */
  function fromMemory(organization: OrganizationId, lineage?: string): KnownLimits | undefined {
    const all = known.get(organization);
    const one = lineage === undefined ? none : known.get(lineage);
    return all && one && resulting(all, one);
  }

  return {
    known: fromMemory,
    async read(organization: OrganizationId, lineage?: string): Promise<KnownLimits> {
      const all =
        known.get(organization) ??
        (await once(organization, async () => (await selectOrganizationLimits(db, organization)) ?? {}));
      const one =
        lineage === undefined
          ? none
          : (known.get(lineage) ?? (await once(lineage, () => selectKeyLimits(db, organization, lineage))));
      return resulting(all, one);
    },
    put(name: string, settings: LimitSettings): void {
      reading.delete(name);
      known.set(name, settings);
    },
    forget(): void {
      reading.clear();
      known.clear();
    },
  };
}

const none: LimitSettings = {};

async function lineageOf(from: Db | Tx, organization: OrganizationId, key: KeyId): Promise<string> {
  const lineage = await selectLineage(from, organization, key);
  if (lineage !== undefined) return lineage;
  throw new Problem('NOT_FOUND', `The organization has no key with the id ${key}.`);
}

function writeChange(
  { inTransaction, audit }: LimitsDeps,
  organization: OrganizationId,
  change: LimitChange,
  actor: Actor,
  key: KeyId | undefined,
): Promise<{ lineage: string | undefined; after: LimitSettings }> {
  checkChange(change, key);
  return inTransaction(async (tx) => {
    const all = await selectOrganizationLimits(tx, organization);
    if (all === undefined) throw noOrganization(organization);
    const lineage = key === undefined ? undefined : await lineageOf(tx, organization, key);
    const before = lineage === undefined ? all : await selectKeyLimits(tx, organization, lineage);
    const after = LimitSettings.parse(withoutTakenBack({ ...before, ...change }));
    if (lineage === undefined) await updateOrganizationLimits(tx, organization, after);
    else await updateKeyLimits(tx, organization, lineage, after);
    const details = { from: before, to: after };
    const target = lineage ?? organization;
    await audit.add(tx, { actor, action: 'limits.set', organization, target, details });
    return { lineage, after };
  });
}

const withoutTakenBack = ({ burst, perUser, perAddress, ...rest }: LimitChange) => ({
  ...rest,
  ...defined({
    burst: burst ?? undefined,
    perUser: perUser ?? undefined,
    perAddress: perAddress ?? undefined,
  }),
});

/** One more of this month, for the organization and the key. */
function createMonthlyCount({ usage, clock }: Pick<LimitsDeps, 'clock'> & { usage: Usage }) {
  function admitted(names: readonly string[], period: number, limits: readonly RateLimit[]): Admitted {
    let counts = names.length > 0;
    return {
      limits,
      answered(problem) {
        if (!counts || problem === null || !free.has(problem)) return;
        counts = false;
        usage.giveBack(names, period);
      },
    };
  }
  function limitOf(quota: number, used: number): RateLimit {
    const { start, end } = monthOf(clock.now());
    return {
      name: 'month',
      quota,
      windowSeconds: (end - start) / 1000,
      left: quota - used,
      resetSeconds: (end - clock.now()) / 1000,
    };
  }
  async function countUpTo(
    counted: readonly (MonthlyLimit & { whose: string })[],
    minute: readonly RateLimit[] = [],
  ): Promise<Admitted> {
    const { period, used, over } = await usage.take(counted);
    if (over !== undefined) {
      const { whose, limit = 0 } = counted[over]!;
      const problem = monthIsOver(whose, limit, clock.now());
      problem.extra.rateLimits = [...minute, limitOf(limit, used[over]!)];
      throw problem;
    }
    // Of the organization's and the key's own, the one that ends first.
    const [month] = counted
      .flatMap(({ limit }, i) => (limit === undefined ? [] : [limitOf(limit, used[i]!)]))
      .toSorted((a, b) => a.left - b.left);
    const names = counted.map(({ name }) => name);
    return admitted(names, period, month ? [...minute, month] : minute);
  }
  return {
    countNothing: (minute: readonly RateLimit[] = []) => admitted([], 0, minute),
    countVisit: ({ organization, lineage }: Omit<LimitedCaller, 'world'>, all: LimitSettings) =>
      countUpTo([
        { name: visitsOf(organization), limit: all.monthly ?? undefined, whose: 'This page' },
        { name: lineage, limit: undefined, whose: 'This page' },
      ]),
    async countTestVisit(flow: string, minute: readonly RateLimit[]) {
      const name = testVisitsOf(flow, clock.now());
      const { period, over } = await usage.take([{ name, limit: TEST_VISITS }]);
      if (over === undefined) return admitted([name], period, minute);
      throw testDayIsOver(clock.now());
    },
    countMonth: (
      { organization, lineage }: Omit<LimitedCaller, 'world'>,
      { all, one }: { all: LimitSettings; one: LimitSettings },
      minute: readonly RateLimit[] = [],
    ) =>
      countUpTo(
        [
          { name: organization, limit: all.monthly ?? undefined, whose: 'The organization' },
          { name: lineage, limit: one.monthly ?? undefined, whose: 'This API key' },
        ],
        minute,
      ),
  };
}

const counterOf = (
  kind: 'person' | 'user' | 'from',
  { organization, world }: CountedRealm,
  keyedHash: string,
): string => `${kind}/${organization}/${world}/${keyedHash}`;

function checkChange(change: LimitChange, key: KeyId | undefined): void {
  if (Object.keys(change).length === 0) throw new Problem('INVALID_REQUEST', 'Name at least one limit.');
  if (key === undefined || change.perUser === undefined) return;
  const message = 'How often one person may be asked about is set for the whole organization, not for a key.';
  throw new Problem('INVALID_REQUEST', message, { details: [{ path: 'perUser', message }] });
}

function refuseAfterTrial(settings: readonly LimitSettings[], now: number): void {
  if (!settings.some(({ trialUntil }) => typeof trialUntil === 'number' && now >= trialUntil)) return;
  throw new Problem('TRIAL_EXPIRED', 'The trial is over: the operator of the box can prolong it.');
}

const tooFast = (burst: number, retryAfterSeconds: number) =>
  new Problem('BURST_LIMIT_EXCEEDED', `This API key may send ${burst} requests a minute. Send more slowly.`, {
    retryAfterSeconds,
  });

const crowding = (perAddress: number, retryAfterSeconds: number) =>
  new Problem(
    'BURST_LIMIT_EXCEEDED',
    `From one address ${perAddress} requests a minute are taken. Send more slowly.`,
    { retryAfterSeconds },
  );

const floodedFrom = (most: number, retryAfterSeconds: number) =>
  new Problem(
    'USER_FLOOD_DETECTED',
    `At most ${most} requests a minute about users are taken from one address with a browser key; try again later.`,
    { retryAfterSeconds },
  );

const flooded = (perUser: number, retryAfterSeconds: number) =>
  new Problem(
    'USER_FLOOD_DETECTED',
    `At most ${perUser} requests a minute are taken about one person; try again later.`,
    { retryAfterSeconds },
  );

const monthIsOver = (whose: string, limit: number, now: number) =>
  new Problem(
    'MONTHLY_LIMIT_EXCEEDED',
    `${whose} has used up its ${limit.toLocaleString('en')} requests of this month (UTC).`,
    { retryAfterSeconds: (monthOf(now).end - now) / 1000 },
  );

const testDayIsOver = (now: number) =>
  new Problem(
    'BURST_LIMIT_EXCEEDED',
    `This page has had its ${TEST_VISITS.toLocaleString('en')} visits a day (UTC) in test mode. Test it tomorrow, or publish another flow for the tests.`,
    { retryAfterSeconds: (DAY - (now % DAY)) / 1000 },
  );

const noOrganization = (id: OrganizationId) => new Problem('NOT_FOUND', `No organization has the id ${id}.`);
