import type { Clock } from '../../../lib/clock.ts';
import {
  type Organization,
  type Organizations,
  stepsLeft,
  type WaitingApprovals,
} from '../../accounts/index.ts';
import type { HoldsFor } from '../../matching/index.ts';
import { type Models, padRemedy } from '../../models/index.ts';
import type { Realm, Subjects } from '../../people/index.ts';
import type { Reviews } from '../../uniqueness/index.ts';
import {
  type Checks,
  decisionOf,
  type HourlyCount,
  type OutcomeCount,
  type PastVerifications,
  sumOf,
  type VerificationDecision,
} from '../../verification/index.ts';
import type { Alerts } from '../alerts/alert.ts';
import {
  type Attention,
  aboutGallery,
  aboutOrganizations,
  inOrder,
  livenessOff,
  type OrganizationFacts,
} from './appliance-attention.ts';

/** One world of an organization at a glance. Times are ms since 1970. */
export interface Overview {
  at: number;
  hours: ({ from: number } & DecisionCounts)[];
  /** Over all hours. */
  decided: DecisionCounts;
  /** Why verifications did not verify, the most frequent first. */
  reasons: OutcomeCount[];
  /** That did not verify in the last 24 hours, this one included; `from` is where they begin. */
  unverified: { from: number; count: number };
  /** From memory: people in the gallery of the search. */
  people: number;
  /** Enrolled ones; the figure may be some minutes old where there are very many. */
  pictures: number;
  gallery: { profile: string; rate: number; holdsFor: HoldsFor; safePeople: number };
  liveness: { is: 'installed'; set: string; maturity: string } | { is: 'missing'; remedy: string };
  matchOnly: boolean;
}

export type DecisionCounts = Record<VerificationDecision, number>;

export interface Overviews {
  /** Over the last `hours`, 24 or more. */
  read(realm: Realm, hours: number): Promise<Overview>;
  /** What of the organization in this world needs a person, the most urgent first. */
  attention(realm: Realm): Promise<Attention[]>;
}

export interface OverviewsDeps {
  verifications: Pick<PastVerifications, 'hourly'>;
  checks: Pick<Checks, 'getProfile' | 'safeGallery' | 'lenientOrganizations'>;
  subjects: Pick<Subjects, 'people'>;
  organizations: Pick<Organizations, 'get'>;
  alerts: Pick<Alerts, 'list'>;
  models: Pick<Models, 'current'>;
  reviews: Pick<Reviews, 'countOpen'>;
  approvals: Pick<WaitingApprovals, 'count'>;
  /** Sessions that wait for a person who decides. */
  sessions: { countWaiting(realm: Realm): Promise<number> };
  /** Number of enrolled pictures. */
  pictures(realm: Realm): Promise<number>;
  clock: Clock;
}

/** Alerts that are listed one by one. */
const LISTED_ALERTS = 5;

export function createOverviews(deps: OverviewsDeps): Overviews {
  const { verifications, checks, subjects, organizations, pictures, clock } = deps;

  async function galleryOf(realm: Realm): Promise<Overview['gallery']> {
    const profile = await checks.getProfile(realm.organization, 'default');
    const { people: safePeople, ...rate } = checks.safeGallery(profile, [realm]);
    return { profile: profile.slug, ...rate, safePeople };
  }

  async function attention(realm: Realm): Promise<Attention[]> {
    const organization = await organizations.get(realm.organization);
    const isLive = realm.world === 'live';
    const isLenient = (await deps.checks.lenientOrganizations()).has(realm.organization);
    return inOrder([
      ...(isLive && !organization.matchOnly && livenessOf(deps.models).is === 'missing' ? [livenessOff] : []),
      ...(await aboutAlerts(deps, realm)),
      ...aboutGallery({ ...(await galleryOf(realm)), people: subjects.people(realm) }),
      ...aboutOrganizations({
        ...(isLive && factsOf([organization])),
        lenientOrganizations: isLenient ? 1 : 0,
      }),
      ...(await aboutDecisions(deps, realm)),
    ]);
  }

  return {
    attention,
    async read(realm, hours) {
      const organization = await organizations.get(realm.organization);
      const counted = await verifications.hourly(realm, hours);
      const all = sumOf(counted.flatMap(({ counts }) => counts));
      const lastDay = counted.slice(-24);
      return {
        at: clock.now(),
        hours: counted.map(({ from, counts }) => ({ from, ...byDecision(counts) })),
        decided: byDecision(all),
        reasons: all.filter(({ outcome }) => outcome !== 'VERIFIED'),
        unverified: { from: lastDay[0]!.from, count: unverifiedIn(lastDay) },
        people: subjects.people(realm),
        pictures: await pictures(realm),
        gallery: await galleryOf(realm),
        liveness: livenessOf(deps.models),
        matchOnly: organization.matchOnly,
      };
    },
  };
}

function byDecision(counts: readonly OutcomeCount[]): DecisionCounts {
  const sums: DecisionCounts = { verified: 0, 'not-verified': 0, refused: 0 };
  for (const { outcome, count } of counts) sums[decisionOf(outcome)] += count;
  return sums;
}

const unverifiedIn = (hours: readonly HourlyCount[]): number =>
  hours
    .flatMap(({ counts }) => counts)
    .reduce((sum, { outcome, count }) => (outcome === 'VERIFIED' ? sum : sum + count), 0);

function livenessOf(models: OverviewsDeps['models']): Overview['liveness'] {
  const current = models.current();
  const [pad] = current.padSets;
  return pad
    ? { is: 'installed', set: pad.id, maturity: pad.maturity }
    : { is: 'missing', remedy: padRemedy(current) };
}

/** Of those that are in use. */
export function factsOf(organizations: readonly Organization[]) {
  const inUse = organizations.filter(({ erasedAt }) => erasedAt === undefined);
  return {
    matchOnlyOrganizations: inUse.filter(({ matchOnly }) => matchOnly).length,
    withoutConsent: inUse.filter(
      ({ consentPolicy, attestation }) => consentPolicy === 'attested' && attestation === undefined,
    ).length,
    unfinishedSetups: inUse.map(stepsLeft).filter((left) => left.length > 0),
  } satisfies OrganizationFacts;
}

async function aboutAlerts({ alerts }: OverviewsDeps, realm: Realm): Promise<Attention[]> {
  const open = await alerts.list(realm, { open: true, limit: LISTED_ALERTS + 1 });
  const listed = open.slice(0, LISTED_ALERTS).map(
    ({ name, ownName, metric, value, threshold }): Attention => ({
      code: 'ALERT_OPEN',
      urgency: 'soon',
      sentence: `Alert “${name}”: ${value}, where ${threshold} is the limit.`,
      values: ownName ? { name, value, threshold } : { name, metric, value, threshold },
      remedy: 'Look at it, and acknowledge it.',
      screen: 'alerts',
    }),
  );
  const more: Attention[] =
    open.length > LISTED_ALERTS
      ? [
          {
            code: 'MORE_ALERTS',
            urgency: 'soon',
            sentence: 'Further alerts are not acknowledged.',
            remedy: 'Look at them, and acknowledge them.',
            screen: 'alerts',
          },
        ]
      : [];
  return [...listed, ...more];
}

/** What waits for the decision of an administrator. */
async function aboutDecisions(
  { reviews, approvals, sessions }: OverviewsDeps,
  realm: Realm,
): Promise<Attention[]> {
  const open = await reviews.countOpen(realm);
  const held = await sessions.countWaiting(realm);
  const waiting = await approvals.count(realm);
  return [
    ...(waiting === 0
      ? []
      : [
          {
            code: 'APPROVALS_WAIT',
            urgency: 'now',
            sentence: `Requests that wait for a second administrator: ${waiting}. Each ends 24 hours after it was made.`,
            values: { count: waiting },
            remedy: 'Confirm or decline them.',
            screen: 'approvals',
          } as const,
        ]),
    ...(open === 0
      ? []
      : [
          {
            code: 'REVIEWS_WAIT',
            urgency: 'soon',
            sentence: `Similar faces that a reviewer has to compare: ${open}. Each is erased undecided 30 days after it came.`,
            values: { count: open },
            remedy: 'Compare them, and decide.',
            screen: 'review',
          } as const,
        ]),
    ...(held === 0
      ? []
      : [
          {
            code: 'SESSIONS_WAIT',
            urgency: 'soon',
            sentence: `Live sessions that were passed without movements and wait for a person who decides: ${held}. Each is rejected undecided after 73 hours.`,
            values: { count: held },
            remedy: 'See or call the person, and decide.',
            screen: 'sessions',
          } as const,
        ]),
  ];
}
