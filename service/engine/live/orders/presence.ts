import { z } from 'zod';
import { defined } from '../../../lib/defined.ts';
import type { OrganizationId, PresenceId, SubjectId, World } from '../../../lib/id.ts';
import { newLinkToken } from '../../../lib/link-token.ts';
import { Problem } from '../../../lib/problem.ts';
import type { TestOutcome } from '../../../lib/test-outcome.ts';
import { time } from '../../../lib/time.ts';
import type { PersonTokens, PresenceClaims, TokenRealm } from '../../accounts/index.ts';
import { type Actor, type AuditAction, describeActor } from '../../audit/index.ts';
import type { Subjects } from '../../people/index.ts';
import type { LinkResolver } from '../sessions/link.ts';
import { requireTestWorld } from '../sessions/new-sessions.ts';
import { pageConsent } from '../sessions/page-consent.ts';
import type { DecidedSession, FlowHandler } from '../sessions/session.ts';
import {
  type CallersOwn,
  createOrderLife,
  type KindOfOrder,
  type OrderDeps,
  orderLine,
  SESSION_LIFE,
} from './order-life.ts';
import {
  type CommonTerms,
  createOrderStore,
  type Ending,
  type Order,
  type OrderState,
  type OrderStore,
} from './order-store.ts';
import { createVerifyToken, type TokenVerdict, type VerifyTokenRequest } from './presence-token.ts';

/** Seconds that a token is valid: unless the caller says otherwise, and at most. */
export const TOKEN_LIFE = { usual: 300, least: 1, most: 3600 };

/** A program that asks: an API key, and those that it succeeds. */
export interface PresenceCaller {
  organization: OrganizationId;
  world: World;
  lineage: string;
  /** Slugs of the profiles that the key may name; absent: those that the organization allows. */
  profiles?: readonly string[];
}

/** What the program wants to be proven; sealed. */
const PresenceRequest = z.object({
  /** What the person agrees to by being there; the page shows it, and the token carries it. */
  purpose: z.string(),
  /** Only the person with this address may be there. */
  email: z.string().optional(),
  /** The caller's own; the token carries it. */
  nonce: z.string().optional(),
  /** Of the key that asked, as it was then. */
  profiles: z.array(z.string()).optional(),
  /** The caller's own. */
  metadata: z.record(z.string(), z.unknown()).optional(),
});
type PresenceRequest = z.infer<typeof PresenceRequest>;

interface PresenceTerms extends CommonTerms {
  /** Of the token: how long it is valid, and 1 where it counts once. */
  ttlSeconds: number;
  singleUse: number;
}
interface PresenceResult {
  /** Why it was cancelled. */
  reason?: CancelReason;
  /** Of the token. */
  jti?: string;
  tokenExpiresAt?: number;
}
type PresenceOrderRow = Order<PresenceTerms, PresenceResult>;

/** What is sealed once a person was there. */
export interface SealedProof {
  token: string;
  email?: string;
}

export interface PresenceOrder extends Omit<PresenceRequest, 'profiles'>, CallersOwn {
  /** The caller's own organization. */
  orgId: string;
  ttlSeconds?: number;
  singleUse?: boolean;
}

/** `another-person`: a living person who is not the one it is locked to. */
export type CancelReason = 'caller' | 'declined' | 'not-verified' | 'another-person';

export type PresenceState =
  | { is: 'pending'; begun: boolean }
  | { is: 'expired' }
  | { is: 'cancelled'; reason: CancelReason }
  | { is: 'verified'; at: number; subject: SubjectId; email?: string };

/** A program asks for proof that a person is there. */
export interface PresenceSession {
  id: PresenceId;
  createdAt: number;
  expiresAt: number;
  state: PresenceState;
  /** The caller's own; absent once the person was erased. */
  metadata?: Record<string, unknown>;
  testOutcome?: TestOutcome;
}

/** The proof: a signed token. */
export interface PresenceProof {
  token: string;
  jti: string;
  verifiedAt: number;
  expiresAt: number;
  email?: string;
}

/** Programs ask for proof that a person is there: a session, a link for the person, a signed token. */
export interface Presence {
  /** `link`: the token of the page's address, shown this once. Throws ORGANIZATION_MISMATCH. */
  create(
    caller: PresenceCaller,
    order: PresenceOrder,
    actor: Actor,
  ): Promise<{ session: PresenceSession; link: string }>;
  /** Throws NOT_FOUND, and SESSION_KEY_MISMATCH for another key of the organization. */
  get(caller: PresenceCaller, id: string, actor: Actor): Promise<PresenceSession>;
  /** Of the caller's own keys, the newest first. */
  page(caller: PresenceCaller, part: { before?: string; limit: number }): Promise<PresenceSession[]>;
  /** Throws as `get`; CONFLICT once it is decided, SESSION_EXPIRED once it is over. */
  cancel(caller: PresenceCaller, id: string, actor: Actor): Promise<PresenceSession>;
  /** Throws as `get`; CONFLICT where no person was recognized, EMAIL_MISMATCH, SESSION_EXPIRED. */
  token(caller: PresenceCaller, id: string, actor: Actor): Promise<PresenceProof>;
  /** Whether a token counts for the caller's organization. A positive answer uses up a token for one use. */
  verifyToken(caller: PresenceCaller, order: VerifyTokenRequest, actor: Actor): Promise<TokenVerdict>;
  /** Whether a token still counts: its session is kept. It goes with an erased person. */
  stands(realm: TokenRealm, claims: Pick<PresenceClaims, 'jti' | 'sessionId'>): Promise<boolean>;
  links: LinkResolver;
  end: FlowHandler;
  expireDue(signal?: AbortSignal): Promise<number>;
}

export interface PresenceDeps extends OrderDeps {
  subjects: Pick<Subjects, 'find'>;
  tokens: Pick<PersonTokens, 'presence' | 'check' | 'redeem'>;
}

export function createPresence(deps: PresenceDeps): Presence {
  const { inTransaction, sealer, subjects, sessions, audit, ids, random, clock } = deps;
  const store = createOrderStore<PresenceRequest, PresenceTerms, PresenceResult>(
    deps,
    'presence',
    PresenceRequest,
  );
  const { end, links, flowEnd, expireDue } = createOrderLife(deps, presenceKind(deps, store));

  async function find({ organization, world, lineage }: PresenceCaller, id: string) {
    const order = await store.find({ organization, world }, id);
    if (!order) throw new Problem('NOT_FOUND', `There is no presence session with the id ${id}.`);
    if (order.lineage === lineage) return order;
    throw new Problem(
      'SESSION_KEY_MISMATCH',
      'Another API key created this session: use that key, or the one it was rotated to.',
    );
  }
  async function read(caller: PresenceCaller, id: string) {
    const order = await find(caller, id);
    return { order, ...(await whole(order)) };
  }
  async function whole(order: PresenceOrderRow) {
    const proof = (await store.proofOf(order)) as SealedProof | undefined;
    const asked = await store.requestOf(order);
    return { proof, session: toPresenceSession(order, proof, asked?.metadata) };
  }

  const note = (order: PresenceOrderRow, action: AuditAction, actor: Actor) =>
    inTransaction((tx) =>
      audit.add(tx, orderLine(order, action, { actor }, defined({ subject: order.subject ?? undefined }))),
    );

  async function get(caller: PresenceCaller, id: string, actor: Actor): Promise<PresenceSession> {
    const { order, session } = await read(caller, id);
    if (session.state.is === 'verified') await note(order, 'presence.read', actor);
    return session;
  }

  const stands: Presence['stands'] = async (realm, { jti, sessionId }) =>
    (await store.find(realm, sessionId))?.result.jti === jti;

  return {
    async create({ organization, world, lineage, profiles }, order, actor) {
      const { orgId, ttlSeconds = TOKEN_LIFE.usual, singleUse = false, purpose, email, nonce } = order;
      const { metadata, testOutcome } = order;
      if (orgId !== organization)
        throw new Problem(
          'ORGANIZATION_MISMATCH',
          `The API key belongs to the organization ${organization}, not to the one in "orgId".`,
        );
      const realm = { organization, world };
      requireTestWorld(realm, testOutcome);
      await sessions.requireBrowser(realm, defined({ profiles }));
      const known = email === undefined ? undefined : await subjects.find(realm, email);
      const link = newLinkToken(random);
      const id = ids.next('presence');
      const made = await inTransaction(async (tx) => {
        const made = await store.insert(
          tx,
          {
            id,
            realm,
            createdBy: describeActor(actor),
            life: SESSION_LIFE,
            token: link,
            lineage,
            terms: { ttlSeconds, singleUse: Number(singleUse), ...defined({ testOutcome }) },
            ...(email !== undefined && { about: sealer.emailHash(organization, email) }),
            ...defined({ subject: known?.id }),
          },
          { purpose, ...defined({ email, nonce, profiles: profiles && [...profiles], metadata }) },
        );
        const bound = { email: email !== undefined, nonce: nonce !== undefined };
        const details = { ttlSeconds, singleUse, bound };
        await audit.add(tx, orderLine(made, 'presence.create', { actor }, details));
        return made;
      });
      return { session: toPresenceSession(made, undefined, metadata), link };
    },

    get,

    async page({ organization, world, lineage }, part) {
      const orders = await store.page({ organization, world }, { ...part, lineage });
      return Promise.all(orders.map(async (order) => (await whole(order)).session));
    },

    /** Before its link was used, here; afterwards its live session is cancelled, which ends it too. */
    async cancel(caller, id, actor) {
      const order = await find(caller, id);
      const isDone =
        order.state === 'pending' &&
        (await inTransaction((tx) => end(tx, order, cancelled('caller'), { actor }, true)));
      if (!isDone) await sessions.cancel(order.realm, openSession(await find(caller, id)), actor);
      return get(caller, id, actor);
    },

    async token(caller, id, actor) {
      const { order, proof, session } = await read(caller, id);
      const { jti, tokenExpiresAt: expiresAt } = order.result;
      if (session.state.is !== 'verified' || !proof || jti === undefined || expiresAt === undefined)
        throw noToken(session);
      if (clock.now() >= expiresAt)
        throw new Problem(
          'SESSION_EXPIRED',
          `The token of this session expired at ${time(expiresAt)}: create another session.`,
        );
      await note(order, 'presence.token', actor);
      const { token, email } = proof;
      return { token, jti, verifiedAt: session.state.at, expiresAt, ...defined({ email }) };
    },

    verifyToken: createVerifyToken(deps, stands),
    stands,
    links,
    end: flowEnd,
    expireDue,
  };
}

const toPresenceSession = (
  order: PresenceOrderRow,
  proof: SealedProof | undefined,
  metadata: Record<string, unknown> | undefined,
): PresenceSession => ({
  id: order.id as PresenceId,
  ...defined({ metadata, testOutcome: order.terms.testOutcome }),
  createdAt: order.created_at,
  expiresAt: order.expires_at,
  state: toState(order, proof),
});

/** Of the subject record too. */
export const presenceStates = {
  pending: 'pending',
  passed: 'verified',
  failed: 'cancelled',
  expired: 'expired',
  replaced: 'expired',
} as const satisfies Record<OrderState, PresenceState['is']>;

function toState(
  { state, session, ended_at, subject, result }: PresenceOrderRow,
  proof: SealedProof | undefined,
): PresenceState {
  const is = presenceStates[state];
  switch (is) {
    case 'pending':
      return { is, begun: session !== null };
    case 'verified':
      return { is, at: ended_at!, subject: subject as SubjectId, ...defined({ email: proof?.email }) };
    case 'cancelled':
      return { is, reason: result.reason! };
    case 'expired':
      return { is };
    default:
      return is satisfies never;
  }
}

function openSession(order: PresenceOrderRow): string {
  const { state, session } = order;
  if (state === 'pending' && session !== null) return session;
  if (state === 'expired')
    throw new Problem('SESSION_EXPIRED', 'The session has expired: there is nothing to cancel.');
  throw new Problem('CONFLICT', `The session is ${presenceStates[state]} already: it cannot be cancelled.`);
}

function noToken({ state }: PresenceSession): Problem {
  if (state.is === 'expired')
    return new Problem('SESSION_EXPIRED', 'The session has expired: create another one.');
  if (state.is === 'pending')
    return new Problem('CONFLICT', 'The person has not been recognized yet: ask again in some seconds.');
  if (state.is === 'cancelled' && state.reason === 'another-person')
    return new Problem(
      'EMAIL_MISMATCH',
      'The session is locked to an e-mail address, and another person appeared: create another session.',
    );
  return new Problem('CONFLICT', 'The session ended without a recognized person: create another one.');
}

const cancelled = (reason: CancelReason): Ending<PresenceResult> => ({ state: 'failed', result: { reason } });

const presenceKind = (
  { tokens, audit }: PresenceDeps,
  store: OrderStore<PresenceRequest, PresenceTerms, PresenceResult>,
): KindOfOrder<PresenceRequest, PresenceTerms, PresenceResult> => ({
  store,
  // A caller who was answered EXPIRED is never answered VERIFIED later.
  timed: true,
  pageOf: (_, { purpose, email }, organization) => ({
    purpose,
    consent: pageConsent(organization, matchOf(email)),
  }),
  sessionOf: (_, { email }) => ({ match: matchOf(email) }),
  async opened(tx, order, session, request) {
    const by = { actor: { is: 'session' as const, session }, ...defined({ request }) };
    await audit.add(tx, orderLine(order, 'presence.begin', by, { session }));
  },
  declined: cancelled('declined'),
  erased: cancelled('not-verified'),
  async endingOf(order, session) {
    if (session.decision === 'expired') return { state: 'expired' };
    if (session.decision !== 'approved') return cancelled(reasonOf(session));
    const { person, liveness, composite } = session;
    const asked = await store.requestOf(order);
    if (!person || !liveness || !asked) return cancelled('not-verified');
    const { ttlSeconds, singleUse } = order.terms;
    const { token, jti, expiresAt } = await tokens.presence.issue(
      session.realm,
      {
        sub: person.email ?? person.id,
        userId: person.id,
        sessionId: order.id,
        purpose: asked.purpose,
        ...defined({ nonce: asked.nonce }),
        checks: {
          ...(composite !== undefined && { compositeScore: shown(composite) }),
          liveness: shown(liveness.score),
        },
        assurance: liveness.assurance as PresenceClaims['assurance'],
        models: session.models,
        ...(singleUse === 1 && { singleUse: true as const }),
      },
      ttlSeconds * 1000,
    );
    return {
      state: 'passed',
      result: { jti, tokenExpiresAt: expiresAt },
      subject: person.id,
      proof: { token, ...defined({ email: person.email }) } satisfies SealedProof,
    };
  },
  async ended(tx, order, { state, result }, { session, ...by }) {
    if (state === 'expired') return;
    const reason = result?.reason;
    if (session) {
      const { id, verification, person } = session;
      const details = { session: id, ...defined({ reason, verification, subject: person?.id }) };
      const outcome = state === 'passed' ? 'done' : 'refused';
      await audit.add(tx, { ...orderLine(order, 'presence.decide', by, details), outcome });
    } else if (reason === 'declined') {
      const actor = { is: 'session' as const, session: order.id };
      await audit.add(tx, orderLine(order, 'presence.decline', { ...by, actor }));
    } else await audit.add(tx, orderLine(order, 'presence.cancel', by));
  },
});

function reasonOf({ decision, match, liveness, otherPerson, reasons }: DecidedSession): CancelReason {
  if (reasons.includes('CONSENT_DENIED') || reasons.includes('CANCELLED_BY_PERSON')) return 'declined';
  if (decision === 'cancelled') return 'caller';
  return match === 'email' && liveness?.passed && otherPerson ? 'another-person' : 'not-verified';
}

const matchOf = (email: string | undefined) => (email === undefined ? 'any' : { email });

/** Two digits, as in replies: more would help to tune an attack. */
const shown = (score: number) => Math.round(score * 100) / 100;
