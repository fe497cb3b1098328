import type { KeyCaller } from '../../engine/access/index.ts';
import type { Actor } from '../../engine/audit/index.ts';
import type {
  Deliveries,
  Delivery,
  DeliveryAttempt,
  DeliveryState,
  EventLog,
} from '../../engine/deliveries/index.ts';
import { describeGrant, type Grant } from '../../engine/destinations/index.ts';
import type { EventRealm } from '../../engine/events/index.ts';
import type { Endpoint, EndpointChange, NewEndpoint, Webhooks } from '../../engine/webhooks/index.ts';
import { defined } from '../../lib/defined.ts';
import { time } from '../../lib/time.ts';
import type { NewWebhook, Replay, WebhookChange } from './wire.ts';
import type {
  CatalogReply,
  DeliveryAttemptReply,
  DeliveryLogReply,
  DeliveryReply,
  EventReply,
  GrantReply,
  NewWebhookReply,
  WebhookReply,
} from './wire-replies.ts';

const timeOrNull = (milliseconds: number | undefined) =>
  milliseconds === undefined ? null : time(milliseconds);

/** A key acts in its own organization and world, and nowhere else. */
export const toRealm = ({ organization, world }: Pick<KeyCaller, 'organization' | 'world'>): EventRealm => ({
  organization,
  world,
});
export const toActor = ({ key }: Pick<KeyCaller, 'key'>, request: string): Actor => ({
  is: 'key',
  key,
  request,
});

export const toNewEndpoint = (body: NewWebhook): NewEndpoint => defined(body);
export const toEndpointChange = (body: WebhookChange): EndpointChange => defined(body);

export function fromEndpoint(endpoint: Endpoint): WebhookReply {
  const { id, kind, family, url, description, events, signature, headers, trust, state } = endpoint;
  return {
    id,
    kind,
    family,
    url,
    description,
    events: [...events],
    signature,
    signatureHeader: endpoint.signatureHeader ?? null,
    headers: [...headers],
    trust: trust.is === 'pin' ? { is: 'pin', pin: trust.pin } : { is: trust.is },
    state:
      state.is === 'enabled'
        ? { is: 'enabled' }
        : { is: 'disabled', reason: state.reason, at: time(state.at) },
    cutOverAt: timeOrNull(endpoint.cutOverAt),
    failingSince: timeOrNull(endpoint.failingSince),
    createdAt: time(endpoint.createdAt),
    createdBy: endpoint.createdBy,
  };
}

export const fromNewEndpoint = ({
  endpoint,
  secret,
}: {
  endpoint: Endpoint;
  secret: string;
}): NewWebhookReply => ({ ...fromEndpoint(endpoint), secret });

export const fromCatalog = (entries: ReturnType<Webhooks['catalog']>, family?: string): CatalogReply => ({
  items: entries
    .filter((entry) => family === undefined || entry.family === family)
    .map(({ name, family, when, fires, sample }) => ({ name, family, when, fires, sample })),
});

export const toReplay = (endpoint: string, { since, until }: Replay) => ({
  endpoint,
  since: Date.parse(since),
  ...(until === undefined ? {} : { until: Date.parse(until) }),
});

export const fromDelivery = ({
  id,
  endpoint,
  event,
  name,
  origin,
  state,
  attempts,
  createdAt,
}: Delivery): DeliveryReply => ({
  id,
  endpoint,
  event: event ?? null,
  name,
  origin,
  state: fromDeliveryState(state),
  attempts,
  createdAt: time(createdAt),
});

function fromDeliveryState(state: DeliveryState): DeliveryReply['state'] {
  switch (state.is) {
    case 'waiting':
      return { ...state, nextAt: time(state.nextAt) };
    case 'delivered':
      return { is: 'delivered', at: time(state.at) };
    case 'failed':
    case 'dropped':
      return { is: state.is, at: time(state.at), reason: state.reason };
    default:
      return state satisfies never;
  }
}

export const fromDeliveryLog = (delivery: Awaited<ReturnType<Deliveries['get']>>): DeliveryLogReply => ({
  ...fromDelivery(delivery),
  log: delivery.log.map(fromAttempt),
});

function fromAttempt({
  number,
  at,
  outcome,
  status,
  milliseconds,
  exchange,
}: DeliveryAttempt): DeliveryAttemptReply {
  const response = exchange?.response;
  return {
    number,
    at: time(at),
    outcome,
    status: status ?? null,
    milliseconds: Math.round(milliseconds * 10) / 10,
    request: exchange?.request ?? null,
    response: response && 'body' in response ? response : null,
    error: response && 'error' in response ? response.error : null,
  };
}

export const fromEvent = ({
  id,
  type,
  at,
  payload,
  deliveries,
}: Awaited<ReturnType<EventLog['list']>>[number]): EventReply => ({
  id,
  type,
  at: time(at),
  payload,
  deliveries,
});

export const fromGrant = ({ id, to, port, note, createdAt, createdBy, revoked }: Grant): GrantReply => ({
  id,
  to: describeGrant({ to, port }),
  kind: to.is,
  note,
  createdAt: time(createdAt),
  createdBy,
  revoked: revoked === undefined ? null : { at: time(revoked.at), by: revoked.by },
});
