import type { KeyCaller } from '../../engine/access/index.ts';
import type { Actor } from '../../engine/audit/index.ts';
import type {
  Deliveries,
  Delivery,
  DeliveryAttempt,
  DeliveryState,
  EventLog,
} from '../../engine/deliveries/index.ts';
import type { EventRealm } from '../../engine/events/index.ts';
import { time } from '../../lib/time.ts';
import type { Replay } from './wire.ts';
import type { DeliveryAttemptReply, DeliveryLogReply, DeliveryReply, EventReply } from './wire-replies.ts';

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
