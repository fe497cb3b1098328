import { defined } from '../../../lib/defined.ts';
import type { SessionId } from '../../../lib/id.ts';
import { Problem } from '../../../lib/problem.ts';
import type { TestOutcome } from '../../../lib/test-outcome.ts';
import type { Tx } from '../../../storage/transaction.ts';
import type { Access, Organization, Organizations } from '../../accounts/index.ts';
import { type Actor, type AuditAction, type Foundation, readActor } from '../../audit/index.ts';
import type { TextOwner } from '../../consent/index.ts';
import type { Events } from '../../events/index.ts';
import type { BeginOptions, LinkDescription, LinkResolver } from '../sessions/link.ts';
import type { OwnerSealer } from '../sessions/sealed-store.ts';
import type { Candidate, DecidedSession, FlowHandler, NewSession, SessionPage } from '../sessions/session.ts';
import type { Sessions } from '../sessions/sessions.ts';
import { type CommonTerms, type Ending, isErased, type Order, type OrderStore } from './order-store.ts';

/** What every kind of order is built on. */
export interface OrderDeps extends Pick<Foundation, 'db' | 'inTransaction' | 'audit' | 'ids' | 'clock'> {
  sealer: OwnerSealer;
  sessions: Pick<Sessions, 'prepare' | 'requireBrowser' | 'cancel'>;
  organizations: Pick<Organizations, 'get' | 'asTextOwner' | 'brandingOf'>;
  access: Pick<Access, 'originsOf'>;
  events: Events;
  random: (into: Uint8Array) => void;
}

/** Milliseconds that a person has from the consent on. */
export const SESSION_LIFE = 10 * 60_000;

/** What is sealed of every order, where it names a profile. */
interface Asked {
  /** Slug. */
  profile?: string | undefined;
  /** Slugs that the key was restricted to. */
  profiles?: readonly string[] | undefined;
}

/** What a caller of any kind of order may add: data of its own, and the end of a test person. */
export interface CallersOwn {
  metadata?: Record<string, unknown>;
  testOutcome?: TestOutcome;
}

/** Who ends an order, and by which session. */
export interface EndedBy {
  actor: Actor;
  request?: string;
  session?: DecidedSession;
}

/** What is different in each kind of order. */
export interface KindOfOrder<Request extends object, Terms extends CommonTerms, Result> {
  store: OrderStore<Request, Terms, Result>;
  /** Its time is over also once it was opened. */
  timed: boolean;
  pageOf(
    order: Order<Terms, Result>,
    request: Request,
    organization: Organization & TextOwner,
  ): SessionPage | Promise<SessionPage>;
  /** What the live session has to find out. */
  sessionOf(order: Order<Terms, Result>, request: Request): Pick<NewSession, 'match'> & Partial<NewSession>;
  /** Its link was used, in that transaction. */
  opened?(tx: Tx, order: Order<Terms, Result>, session: SessionId, request?: string): Promise<void>;
  /** The person does not agree, before anything began. */
  declined: Ending<Result>;
  /** Asked before an approval: a code here refuses it. */
  judge?(
    order: Order<Terms, Result>,
    request: Request,
    session: Candidate,
  ): ReturnType<NonNullable<FlowHandler['judge']>>;
  endingOf(order: Order<Terms, Result>, session: DecidedSession): Ending<Result> | Promise<Ending<Result>>;
  /** Where `endingOf` names a person who is being erased, or what was asked does not open any more. */
  erased: Ending<Result>;
  /** The event and the audit line of an end, once, in its transaction. */
  ended(tx: Tx, order: Order<Terms, Result>, ending: Ending<Result>, by: EndedBy): Promise<void>;
}

/** Orders of one transaction. */
const BATCH = 50;

/** One life for every order: its link is read, used once or declined; a live session ends it, or its time. */
export function createOrderLife<Request extends object, Terms extends CommonTerms, Result>(
  { inTransaction, sessions, organizations, access, clock }: OrderDeps,
  kind: KindOfOrder<Request, Terms, Result>,
) {
  type Stored = Order<Terms, Result>;
  const { store } = kind;

  /** Ends an order once; false for one that has ended. */
  async function end(
    tx: Tx,
    order: Stored,
    ending: Ending<Result>,
    by: Partial<EndedBy> = {},
    unopened = false,
  ): Promise<boolean> {
    if (!(await store.end(tx, order, ending, unopened))) return false;
    await kind.ended(tx, order, ending, { actor: readActor(order.created_by), ...by });
    return true;
  }

  async function read(token: string) {
    const order = await store.byToken(token);
    const request = order && (await store.requestOf(order));
    if (!request) throw new Problem('NOT_FOUND', 'There is no such link. Ask for a new one.');
    const organization = await organizations.asTextOwner(order.realm.organization);
    return { order, request, page: await kind.pageOf(order, request, organization) };
  }

  async function readUnused(token: string) {
    const found = await read(token);
    const { state, opened_at } = found.order;
    if (state !== 'pending' || opened_at !== null) throw whyNot(found.order);
    return found;
  }

  function whyNot({ state, opened_at, expires_at }: Stored): Problem {
    const isOver = expires_at <= clock.now() && (opened_at === null || kind.timed);
    return isOver && (state === 'pending' || state === 'expired')
      ? new Problem('SESSION_EXPIRED', 'This link is over. Ask for a new one.')
      : new Problem('CONFLICT', 'This link was used already: each is for one use. Ask for a new one.');
  }

  const originsOf = ({ realm, created_by }: Stored) =>
    access.originsOf(realm.organization, readActor(created_by));

  const links: LinkResolver = {
    async describe(token) {
      const { order, request, page } = await read(token);
      const { realm } = order;
      const { profile, profiles }: Asked = request;
      return {
        realm,
        state: linkState(order),
        flow: order.kind,
        organization: await organizations.brandingOf(realm.organization),
        page,
        ...defined({ profile, profiles }),
        expiresAt: order.expires_at,
        test: realm.world === 'test',
        ...defined({ testOutcome: order.terms.testOutcome }),
        openerOrigins: await originsOf(order),
      };
    },

    async begin(token, begin) {
      const { order, request, page } = await readUnused(token);
      const made = await sessions.prepare({
        ...toSession(order, request, begin),
        ...kind.sessionOf(order, request),
        relyingOrder: order.id,
        ...defined({ testOutcome: order.terms.testOutcome }),
        page,
        browserOrigins: await originsOf(order),
        expiresAt: kind.timed ? order.expires_at : clock.now() + SESSION_LIFE,
      });
      await inTransaction(async (tx) => {
        if (!(await store.take(tx, order, made.id, kind.timed))) throw whyNot(order);
        await made.write(tx);
        await kind.opened?.(tx, order, made.id, begin.request);
      });
      return { sessionId: made.id, token: made.token, expiresAt: made.expiresAt };
    },

    async deny(token, by) {
      const { order, page } = await readUnused(token);
      await inTransaction(async (tx) => {
        if (!(await end(tx, order, kind.declined, defined({ request: by.request }), true)))
          throw whyNot(order);
      });
      return defined({ redirect: page.redirect?.failure });
    },

    async originsOf(token) {
      const order = await store.byToken(token);
      return order && originsOf(order);
    },
  };

  /** Another row that names the session is not the order that its person was asked for. */
  async function orderOf({ id, relyingOrder }: Pick<Candidate, 'id' | 'relyingOrder'>, tx?: Tx) {
    const order = await store.bySession(id, tx);
    return order?.id === relyingOrder ? order : undefined;
  }

  const flowEnd: FlowHandler = {
    async judge(session) {
      if (!kind.judge) return undefined;
      const order = await orderOf(session);
      const request = order && (await store.requestOf(order));
      return request ? kind.judge(order, request, session) : { refuse: 'ORDER_LOST' };
    },
    async onDecided(tx, session) {
      const order = await orderOf(session, tx);
      if (!order) await store.endDamagedOf(tx, session.id);
      if (order?.state !== 'pending') return undefined;
      const by = { actor: session.actor, session };
      // An order that another program changed is passed by no person.
      if (!(await store.requestOf(order))) {
        await end(tx, order, kind.erased, by);
        return undefined;
      }
      try {
        await end(tx, order, await kind.endingOf(order, session), by);
      } catch (error) {
        if (!isErased(error)) throw error;
        await end(tx, order, kind.erased, by);
      }
      return undefined;
    },
  };

  return {
    end,
    links,
    flowEnd,
    /** Ends those whose time is over, until `signal` is aborted; how many. A person may open one between the two, which then stays. */
    async expireDue(signal?: AbortSignal): Promise<number> {
      for (let ended = 0; ; ) {
        const { orders, damaged } = await store.due(BATCH);
        const found = orders.length + damaged.length;
        if (found > 0)
          await inTransaction(async (tx) => {
            for (const order of orders) await end(tx, order, { state: 'expired' });
            await store.endDamaged(tx, damaged);
          });
        ended += found;
        if (found < BATCH || signal?.aborted) return ended;
      }
    },
  };
}

/** A line of the audit log about an order. */
export const orderLine = (
  { id, realm }: Pick<Order<unknown, unknown>, 'id' | 'realm'>,
  action: AuditAction,
  { actor, request }: { actor: Actor; request?: string },
  details: Record<string, unknown> = {},
) => ({
  actor,
  action,
  organization: realm.organization,
  target: id,
  ...defined({ request }),
  details: { world: realm.world, ...details },
});

/** Of the live session, what is the same in every kind. */
export const toSession = (
  { kind, realm, created_by }: Pick<Order<unknown, unknown>, 'kind' | 'realm' | 'created_by'>,
  { profile, profiles }: Asked,
  { consent, path, device, secret, link, request }: BeginOptions,
): Pick<NewSession, 'flow' | 'realm' | 'actor' | 'opened'> => ({
  flow: kind,
  realm,
  actor: readActor(created_by),
  opened: { consent, path, device, ...defined({ secret, link }) },
  ...defined({ profile, profiles, request }),
});

function linkState({ state, opened_at }: Order<unknown, unknown>): LinkDescription['state'] {
  if (state === 'pending') return opened_at === null ? 'ready' : 'taken';
  return state === 'expired' ? 'ended' : 'finished';
}
