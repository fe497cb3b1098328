import { defined } from '../../../lib/defined.ts';
import type { FlowId, VerificationId } from '../../../lib/id.ts';
import { newLinkToken } from '../../../lib/link-token.ts';
import { Problem, type ProblemDetail } from '../../../lib/problem.ts';
import type { TestOutcome } from '../../../lib/test-outcome.ts';
import type { RowIntegrity } from '../../../storage/transaction.ts';
import { type Limits, refuseErased } from '../../accounts/index.ts';
import { type Actor, describeActor } from '../../audit/index.ts';
import type { EventPayloads } from '../../events/index.ts';
import { type Profiles, requireAllowed } from '../../matching/index.ts';
import type { Realm, Subjects } from '../../people/index.ts';
import type { FlowProduct } from '../flows/flow.ts';
import { allowedRedirects, redirectProblems } from '../flows/flow.ts';
import type { Flows } from '../flows/flows.ts';
import type { LinkResolver } from '../sessions/link.ts';
import { requireTestWorld } from '../sessions/new-sessions.ts';
import type { Candidate, DecidedSession, FlowHandler } from '../sessions/session.ts';
import { HostedRequest, matchOf, toHostedPage } from './hosted-page.ts';
import {
  type CallersOwn,
  createOrderLife,
  type KindOfOrder,
  type OrderDeps,
  orderLine,
} from './order-life.ts';
import {
  type CommonTerms,
  createOrderStore,
  type Ending,
  type Order,
  type OrderState,
  type OrderStore,
} from './order-store.ts';

export const hostedReasons = [
  'LIVENESS_FAILED',
  'NOT_RECOGNIZED',
  'CHECK_FAILED',
  'AGE_NOT_RECORDED',
  'UNDER_AGE',
  'CONSENT_DENIED',
  'CANCELLED',
  'EXPIRED',
] as const;
/** Why a hosted verification did not pass. */
export type HostedReason = (typeof hostedReasons)[number];

interface HostedTerms extends CommonTerms {
  product: FlowProduct;
  /** Whose visit it is. */
  flow?: FlowId;
}
interface HostedResult {
  reasons?: readonly HostedReason[];
}
type HostedOrder = Order<HostedTerms, HostedResult>;

export type HostedStatus = 'PENDING' | 'PASS' | 'FAIL' | 'EXPIRED';

/** One hosted verification: a link that a key made, or a visit of a flow. */
export interface HostedLink {
  /** `ver_…`: what webhooks and the status paths name, also the verification that decides it. */
  id: VerificationId;
  realm: Realm;
  product: FlowProduct;
  /** Until when it can be opened, ms since 1970. */
  expiresAt: number;
  status: HostedStatus;
  reasons: readonly HostedReason[];
  createdAt: number;
  completedAt?: number;
  /** The caller's own; absent once the person was erased. */
  metadata?: Record<string, unknown>;
  testOutcome?: TestOutcome;
}

/** What a key asks for; the texts are in one language, the caller's. */
export interface NewLink extends CallersOwn {
  product: FlowProduct;
  redirects: { success?: string; failure?: string };
  /** Milliseconds from now until which it can be opened. */
  life: number;
  texts: { title?: string; success?: string; failure?: string };
  language?: 'en' | 'de';
  profile?: string;
  /** Years; `verifyage` alone. */
  minimumAge?: number;
  /** The person who has to be matched; not for `verifyhuman`. */
  email?: string;
}

export interface LinkAsker {
  actor: Actor;
  /** Slugs that the key is restricted to. */
  profiles?: readonly string[];
  request?: string;
}

export interface Completed {
  id: VerificationId;
  status: Exclude<HostedStatus, 'PENDING'>;
  /** Where the page leads; absent: the person stays on the result page. */
  redirect?: string;
}

/** Verifications on a page of ours: of links for one use; visits of published flows have `createFlowPages`. */
export interface Hosted {
  /**
   * Makes a link for one use; its token is shown this once. Throws INVALID_REQUEST, naming each field that is wrong,
   * PROFILE_NOT_FOUND, PROFILE_NOT_ALLOWED and KIOSK_REQUIRED.
   */
  generate(realm: Realm, order: NewLink, who: LinkAsker): Promise<{ link: HostedLink; token: string }>;
  /** Throws NOT_FOUND, also for an id of another product. */
  status(realm: Realm, product: FlowProduct, id: string): Promise<HostedLink>;
  /** Links and visits of flows, the newest first. */
  page(realm: Realm, part: { before?: string; limit: number }): Promise<HostedLink[]>;
  /** The result for the page that holds the link. Throws NOT_FOUND; CONFLICT while there is no result. */
  complete(token: string, order: { denied: boolean; request?: string }): Promise<Completed>;
  links: LinkResolver;
  end: FlowHandler;
  expireDue(signal?: AbortSignal): Promise<number>;
}

export interface HostedDeps extends OrderDeps {
  flows: Pick<Flows, 'bySlug'>;
  profiles: Pick<Profiles, 'get' | 'list'>;
  subjects: Pick<Subjects, 'birthDate'>;
  limits: Pick<Limits, 'admitVisit' | 'visitLevel'>;
  integrity: Pick<RowIntegrity, 'mac'>;
}

export const createHostedStore = (deps: OrderDeps) =>
  createOrderStore<HostedRequest, HostedTerms, HostedResult>(deps, 'hosted', HostedRequest);

export function createHosted(deps: HostedDeps): Hosted {
  const { inTransaction, sealer, organizations, sessions, audit, ids, random } = deps;
  const store = createHostedStore(deps);
  const { links, flowEnd, expireDue } = createOrderLife(deps, hostedKind(deps, store));
  const whole = async (order: HostedOrder) => toLink(order, (await store.requestOf(order))?.metadata);

  return {
    async generate(realm, order, who) {
      const organization = await organizations.get(realm.organization);
      refuseErased(organization);
      const { product, profile, email, life, metadata, testOutcome } = order;
      requireTestWorld(realm, testOutcome);
      requireValid(order, organization.redirectTargets ?? []);
      if (profile !== undefined) await requireProfile(deps, realm, profile, who);
      await sessions.requireBrowser(realm, defined({ profile, profiles: who.profiles }));
      const token = newLinkToken(random);
      const link = await inTransaction(async (tx) => {
        const made = await store.insert(
          tx,
          {
            id: ids.next('verification'),
            realm,
            createdBy: describeActor(who.actor),
            life,
            token,
            terms: { product, ...defined({ testOutcome }) },
            ...(email !== undefined && { about: sealer.emailHash(realm.organization, email) }),
          },
          toRequest(order, who),
        );
        const details = { product, expiresAt: made.expires_at };
        await audit.add(tx, orderLine(made, 'hosted.generate', who, details));
        return toLink(made, metadata);
      });
      return { link, token };
    },

    async status(realm, product, id) {
      const order = await store.find(realm, id);
      if (order?.terms.product === product) return whole(order);
      throw new Problem('NOT_FOUND', `No ${product} verification has the id ${id}.`);
    },

    async page(realm, part) {
      return Promise.all((await store.page(realm, part)).map(whole));
    },

    async complete(token, { denied, ...request }) {
      if (denied) await links.deny(token, { test: false, ...request });
      const order = await store.byToken(token);
      const asked = order && (await store.requestOf(order));
      if (!asked) throw new Problem('NOT_FOUND', 'There is no such link.');
      const { id, status, realm } = toLink(order);
      if (status === 'PENDING')
        throw new Problem('CONFLICT', 'The verification of this link is not finished.');
      const { redirectTargets } = await organizations.get(realm.organization);
      const { success, failure } = allowedRedirects(asked.redirects, redirectTargets);
      return { id, status, ...defined({ redirect: status === 'PASS' ? success : failure }) };
    },

    links,
    end: flowEnd,
    expireDue,
  };
}

const statuses = {
  pending: 'PENDING',
  passed: 'PASS',
  failed: 'FAIL',
  expired: 'EXPIRED',
  replaced: 'EXPIRED',
} as const satisfies Record<OrderState, HostedStatus>;

/** Of the subject record too. */
export const hostedStatus = (state: string): HostedStatus => statuses[state as OrderState];

const reasonsOf = ({
  state,
  result,
}: {
  state: OrderState;
  result?: HostedResult;
}): readonly HostedReason[] => (state === 'expired' ? ['EXPIRED'] : (result?.reasons ?? []));

const toLink = (
  { id, realm, terms, created_at, expires_at, state, result, ended_at }: HostedOrder,
  metadata?: Record<string, unknown>,
): HostedLink => ({
  id: id as VerificationId,
  realm,
  product: terms.product,
  expiresAt: expires_at,
  status: statuses[state],
  reasons: reasonsOf({ state, result }),
  createdAt: created_at,
  ...defined({ completedAt: ended_at ?? undefined, metadata, testOutcome: terms.testOutcome }),
});

async function requireProfile(
  { organizations, profiles }: HostedDeps,
  { organization }: Realm,
  named: string,
  { actor, profiles: key = [] }: LinkAsker,
): Promise<void> {
  const { allowedProfiles } = await organizations.get(organization);
  const profile = await profiles.get(organization, named);
  const inUse = await profiles.list(organization);
  requireAllowed(profile, actor, { inUse, organization: allowedProfiles, key });
}

function requireValid({ product, redirects, minimumAge, email }: NewLink, allowed: readonly string[]): void {
  const details: ProblemDetail[] = redirectProblems(redirects, allowed);
  if (minimumAge !== undefined && product !== 'verifyage')
    details.push({ path: 'minimumAge', message: 'Only verifyage takes an age.' });
  if (email !== undefined && product === 'verifyhuman')
    details.push({ path: 'email', message: 'verifyhuman matches no person: leave the address out.' });
  if (details.length === 0) return;
  throw new Problem('INVALID_REQUEST', `The link is not valid: ${details[0]!.message}`, { details });
}

const toRequest = (
  { redirects, texts, language, profile, minimumAge, email, metadata }: NewLink,
  { profiles = [] }: LinkAsker,
): HostedRequest => ({
  texts: { en: texts, de: texts },
  redirects,
  ...defined({ language, profile, minimumAge, email, metadata }),
  ...(profiles.length > 0 && { profiles: [...profiles] }),
});

/** Years, where a link or a flow names none. */
const DEFAULT_AGE = 18;

const hostedKind = (
  { subjects, clock, events, audit }: HostedDeps,
  store: OrderStore<HostedRequest, HostedTerms, HostedResult>,
): KindOfOrder<HostedRequest, HostedTerms, HostedResult> => ({
  store,
  timed: false,
  pageOf: ({ terms }, request, organization) => toHostedPage(terms.product, request, organization),
  sessionOf: ({ id, terms }, request) => hostedSession(id as VerificationId, terms.product, request),
  declined: { state: 'failed', result: { reasons: ['CONSENT_DENIED'] } },
  erased: { state: 'failed', result: { reasons: ['CHECK_FAILED'] } },
  async judge({ terms }, { minimumAge = DEFAULT_AGE }, { realm, person }: Candidate) {
    if (terms.product !== 'verifyage') return undefined;
    const birthDate = person && (await subjects.birthDate(realm, person.id));
    if (birthDate === undefined) return { refuse: 'AGE_NOT_RECORDED' };
    return ageAt(birthDate, clock.now()) >= minimumAge ? undefined : { refuse: 'UNDER_AGE' };
  },
  endingOf: (_, session) => endingOf(session),
  async ended(tx, order, ending, by) {
    const { id, realm, session, terms } = order;
    const { product } = terms;
    const metadata = (await store.requestOf(order))?.metadata;
    await events.add(tx, {
      type: 'session.decided',
      ...realm,
      payload: {
        flow: 'hosted',
        // A link that was never opened has no session.
        session: session ?? id,
        verification: id,
        proves: proves[product],
        decision: decisions[ending.state],
      },
      ...(metadata && { personal: { ...defined({ subject: by.session?.subject }), values: { metadata } } }),
    });
    const status = statuses[ending.state];
    await audit.add(
      tx,
      orderLine(order, 'hosted.decide', by, { product, status, reasons: reasonsOf(ending) }),
    );
  },
});

/** What the session of a hosted verification has to find out. */
export const hostedSession = (
  verification: VerificationId,
  product: FlowProduct,
  { email }: Pick<HostedRequest, 'email'>,
) =>
  ({
    match: matchOf(product, email),
    // Of an identity alone, place, time and device are no question.
    context: product === 'verifytrust',
    verification,
  }) as const;

type HostedDecision = Extract<EventPayloads['session.decided'], { flow: 'hosted' }>;

const proves = {
  verifyhuman: 'human',
  verifyage: 'age',
  verifyidentity: 'identity',
  verifytrust: 'trust',
} as const satisfies Record<FlowProduct, HostedDecision['proves']>;

const decisions = {
  passed: 'approved',
  failed: 'rejected',
  expired: 'expired',
  replaced: 'expired',
} as const satisfies Record<Ending<HostedResult>['state'], HostedDecision['decision']>;

const ownReasons = ['AGE_NOT_RECORDED', 'UNDER_AGE'] as const satisfies HostedReason[];

function endingOf({ decision, reasons, otherPerson, liveness }: DecidedSession): Ending<HostedResult> {
  const failed = (reason: HostedReason) => ({ state: 'failed', result: { reasons: [reason] } }) as const;
  switch (decision) {
    case 'approved':
      return { state: 'passed' };
    case 'expired':
      return { state: 'expired' };
    case 'cancelled':
      return failed('CANCELLED');
    case 'rejected':
    case 'duplicate': {
      const own = ownReasons.find((reason) => reasons.includes(reason));
      if (own) return failed(own);
      if (otherPerson) return failed('NOT_RECOGNIZED');
      return failed(liveness?.passed ? 'CHECK_FAILED' : 'LIVENESS_FAILED');
    }
    default:
      return decision satisfies never;
  }
}

/** Whole years from a date of birth (`YYYY-MM-DD`) to a day, both in UTC. Who was born on 29 February is a year older on 1 March. */
export function ageAt(birthDate: string, now: number): number {
  const today = new Date(now).toISOString().slice(0, 10);
  const years = Number(today.slice(0, 4)) - Number(birthDate.slice(0, 4));
  return today.slice(5) < birthDate.slice(5) ? years - 1 : years;
}
