import { z } from 'zod';
import { id, time } from '../../../lib/record-fields.ts';
import type { Actor } from '../../audit/index.ts';
import type { EventRealm } from '../events.ts';
import { reasonCode } from '../reasons.ts';

export const deliveryStates = ['waiting', 'delivered', 'failed', 'dropped'] as const;
const kind = <Name extends string>(name: Name) => z.literal(name).describe('Kind');

const state = z.discriminatedUnion('is', [
  z.object({
    is: kind('waiting'),
    nextAt: time('Time of the next attempt'),
    reason: z
      .string()
      .optional()
      .describe(
        'Reason why the last attempt failed, or that the webhook is disabled; absent before the first attempt',
      ),
    reasonCode,
  }),
  z.object({ is: kind('delivered'), at: time('Time') }),
  z.object({
    is: kind('failed'),
    at: time('Time'),
    reason: z.string().describe('Reason why no further attempt is made'),
    reasonCode,
  }),
  z.object({
    is: kind('dropped'),
    at: time('Time'),
    reason: z.string().describe('Reason why nothing is sent: the webhook was removed, or the person erased'),
    reasonCode,
  }),
]);
export type DeliveryState = z.output<typeof state>;

/** A duration, written with one decimal. */
const milliseconds = (what: string) =>
  z
    .codec(z.number().min(0), z.number(), {
      decode: (written) => written,
      encode: (exact) => Math.round(exact * 10) / 10,
    })
    .describe(what);

export const exampleOfDelivery = {
  id: 'dlv_01m7w3k5ze4tbs2m0q8c6y1hxf',
  endpoint: 'wh_01m7w3hb8hbf355he5zqwjztdk',
  event: 'evt_01m7w3k5yd8wq3x1v9z7r5t2nc',
  name: 'identity.verification.failure',
  origin: 'event' as const,
  state: {
    is: 'waiting' as const,
    nextAt: '2026-11-20T12:05:07.412Z',
    reason: 'The receiver answered 500; any status from 200 to 299 accepts a delivery.',
  },
  attempts: 1,
  createdAt: '2026-11-20T12:00:02.118Z',
  last: { at: '2026-11-20T12:00:02.131Z', outcome: 'status', status: 503, milliseconds: 18.4 },
};

export const Delivery = z
  .object({
    id: id<'delivery'>(),
    endpoint: id<'endpoint'>('Id of the webhook'),
    event: z
      .string()
      .optional()
      .describe('Id of the event, the `webhook-id` of the receiver; absent for a test'),
    name: z.string().describe('`<family>.<event>`'),
    origin: z
      .enum(['event', 'callback', 'resend', 'replay', 'test'])
      .describe('What created it: the event itself, or a request of an administrator'),
    state: state.describe(`One of ${deliveryStates.join(', ')}`),
    attempts: z.int().min(0).describe('Number of attempts'),
    createdAt: time('Time of creation'),
    last: z
      .object({
        at: time('Start time'),
        outcome: z
          .string()
          .describe(
            '`delivered`; `status` for an answer other than 2xx; otherwise the reason of the failure',
          ),
        status: z.int().optional().describe('HTTP status of the answer, if there was one'),
        milliseconds: milliseconds('Milliseconds until the answer or the failure'),
      })
      .optional()
      .describe('In lists: the newest attempt; absent before the first'),
  })
  .meta({
    id: 'Delivery',
    description: 'One event for one webhook.',
    examples: [exampleOfDelivery],
  });
export type Delivery = z.output<typeof Delivery>;

export interface DeliveryAttempt extends NonNullable<Delivery['last']> {
  number: number;
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

const count = (what: string) => z.int().min(0).describe(what);
const health = {
  endpoint: exampleOfDelivery.endpoint,
  since: '2026-11-19T12:00:05.000Z',
  deliveries: 1318,
  accepted: 1306,
  failed: 0,
  medianMilliseconds: 18.9,
  hours: [{ at: '2026-11-19T12:00:05.000Z', deliveries: 55, accepted: 55 }],
  waiting: 12,
  nextAt: '2026-11-20T12:05:07.412Z',
};

/** How one endpoint fared in the last 24 hours. Tests are not counted. */
export const EndpointHealth = z
  .object({
    endpoint: id<'endpoint'>('Id of the webhook'),
    since: time(
      'Start of the counted time: 24 hours ago, or later where there were too many deliveries to count',
    ),
    deliveries: count('Number of deliveries, without tests'),
    accepted: count('Number of accepted deliveries'),
    failed: count('Number of deliveries without a further attempt'),
    medianMilliseconds: milliseconds(
      'Median time of the newest accepted attempts; absent where there is none',
    ).optional(),
    hours: z
      .array(
        z.object({
          at: time('Start of the hour'),
          deliveries: count('Deliveries created in this hour'),
          accepted: count('Number of accepted deliveries'),
        }),
      )
      .describe('The last 24 hours, the oldest first'),
    waiting: count('Number of waiting deliveries of any age'),
    nextAt: time('Time of the next attempt of a waiting delivery').optional(),
  })
  .meta({
    id: 'WebhookHealth',
    description: 'Deliveries of a webhook in the last 24 hours.',
    examples: [health],
  });
export type EndpointHealth = z.output<typeof EndpointHealth>;

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

/** An event as the outbox holds it, without what is personal. */
export const EventRecord = z
  .object({
    id: z.string().describe('Id, the `webhook-id` of receivers'),
    type: z.string().describe('Type of the event'),
    at: time('When'),
    payload: z.looseObject({}).describe('Ids, counts and verdicts; personal fields stay sealed'),
    deliveries: z.int().min(0).describe('Number of deliveries'),
  })
  .meta({
    id: 'Event',
    description: 'Events that were recorded.',
    examples: [
      {
        id: 'evt_01m7w3k5yd8wq3x1v9z7r5t2nc',
        type: 'verification.refused',
        at: '2026-11-20T12:00:02.090Z',
        payload: { verification: 'ver_01m7w3k5y6c2r8x0p4d9q1tzhb', kind: '1:1', profile: 'default' },
        deliveries: 1,
      },
    ],
  });
export type EventRecord = z.output<typeof EventRecord>;

/** What the outbox holds, newest first. */
export interface EventLog {
  list(realm: EventRealm, query: { type?: string; before?: string; limit: number }): Promise<EventRecord[]>;
}
