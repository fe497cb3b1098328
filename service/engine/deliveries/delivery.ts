import type { DeliveryId, EndpointId } from '../../lib/id.ts';
import type { Actor } from '../audit/index.ts';
import type { EventRealm } from '../events/index.ts';

export type DeliveryState =
  /** `reason`: why the last attempt was not accepted, or what it waits for beside the time. */
  | { is: 'waiting'; nextAt: number; reason?: string }
  | { is: 'delivered'; at: number }
  /** No attempt is left. */
  | { is: 'failed'; at: number; reason: string }
  /** Nothing is sent any more: the endpoint was removed, or the person erased. */
  | { is: 'dropped'; at: number; reason: string };

export interface Delivery {
  id: DeliveryId;
  endpoint: EndpointId;
  /** Id of the event in the outbox, sent as `webhook-id`. Undefined for a test event, which has an id of its own. */
  event: string | undefined;
  /** `<family>.<event>` */
  name: string;
  origin: 'event' | 'callback' | 'resend' | 'replay' | 'test';
  state: DeliveryState;
  attempts: number;
  createdAt: number;
  /** In lists: the newest attempt. */
  last?: Pick<DeliveryAttempt, 'at' | 'outcome' | 'status' | 'milliseconds'>;
}

export interface DeliveryAttempt {
  number: number;
  at: number;
  /** `delivered`, or why not: `status`, or an OutgoingFailure, or a rule of the destination. */
  outcome: string;
  status: number | undefined;
  milliseconds: number;
  /** Undefined once the person it names was erased. Secrets and signatures are not in it. */
  exchange:
    | {
        request: { url: string; headers: Record<string, string>; body: string };
        response:
          | {
              headers: Record<string, string>;
              body: string;
              truncated: boolean;
              /** Of a receiver at an address that is not public: for the operator and appliance owners. */
              isPrivate?: true;
            }
          | { error: string };
      }
    | undefined;
}

export interface DeliveryQuery {
  id?: string;
  endpoint?: string;
  event?: string;
  /** `<family>.<event>` */
  name?: string;
  /** The person that the event names. */
  subject?: string;
  state?: DeliveryState['is'];
  /** Made in [since, until), ms since 1970. */
  since?: number;
  until?: number;
  /** Page: deliveries older than this one. */
  before?: string;
  limit: number;
}

/** How one endpoint fared in the last 24 hours. Tests are not counted. */
export interface EndpointHealth {
  endpoint: EndpointId;
  /** What was made from here on is counted: later than 24 hours ago where there was too much to count. */
  since: number;
  deliveries: number;
  accepted: number;
  /** Given up. */
  failed: number;
  /** Of the newest accepted attempts; undefined where there is none. */
  medianMilliseconds: number | undefined;
  /** Each from `at` on, the oldest first. */
  hours: { at: number; deliveries: number; accepted: number }[];
  /** Now, however old. */
  waiting: number;
  /** When the first of them is tried. */
  nextAt: number | undefined;
}

export interface Deliveries {
  /** Of every endpoint of the world. */
  health(realm: EventRealm): Promise<EndpointHealth[]>;
  /** Of one. Throws NOT_FOUND. */
  healthOf(realm: EventRealm, endpoint: string): Promise<EndpointHealth>;
  /** Newest first. */
  list(realm: EventRealm, query: DeliveryQuery): Promise<Delivery[]>;
  /** Throws NOT_FOUND. A read of what may be personal: audited. */
  get(realm: EventRealm, id: string, actor: Actor): Promise<Delivery & { log: DeliveryAttempt[] }>;
  /** A new delivery of the same event, with the same `webhook-id`. Throws NOT_FOUND, CONFLICT (endpoint disabled, person erased). */
  resend(realm: EventRealm, id: string, actor: Actor): Promise<Delivery>;
  /**
   * Every event in [since, until) that the endpoint would have got, again, in order; says how many. Throws INVALID_REQUEST
   * for a span of more than 30 days, NOT_FOUND, and CONFLICT while a delivery of an earlier replay to the endpoint still
   * waits for its first attempt.
   */
  replay(
    realm: EventRealm,
    order: { endpoint: string; since: number; until?: number },
    actor: Actor,
  ): Promise<{ deliveries: number }>;
  /**
   * The oldest of what waits for the endpoint is tried now, with all attempts before it; says how many, of at most a hundred. Throws
   * NOT_FOUND, and CONFLICT where the endpoint is disabled.
   */
  tryWaiting(realm: EventRealm, endpoint: string, actor: Actor): Promise<{ deliveries: number }>;
  /** The catalog's sample of one event, signed and sent now; waits for the one attempt and gives its log. */
  test(
    realm: EventRealm,
    endpoint: string,
    event: string | undefined,
    actor: Actor,
  ): Promise<Delivery & { log: DeliveryAttempt[] }>;
}

/** What the outbox holds, newest first, without what is personal. */
export interface EventLog {
  list(
    realm: EventRealm,
    query: { type?: string; before?: string; limit: number },
  ): Promise<
    { id: string; type: string; at: number; payload: Record<string, unknown>; deliveries: number }[]
  >;
}
