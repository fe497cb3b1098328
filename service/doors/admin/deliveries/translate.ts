import type {
  Deliveries,
  Delivery,
  DeliveryAttempt,
  DeliveryState,
} from '../../../engine/deliveries/index.ts';
import { time } from '../../../lib/time.ts';
import type { DeliveryAttemptReply, DeliveryLogReply, DeliveryReply, Replay } from './wire.ts';

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
  event,
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
    status,
    milliseconds: Math.round(milliseconds * 10) / 10,
    request: exchange?.request,
    response: response && 'body' in response ? response : undefined,
    error: response && 'error' in response ? response.error : undefined,
  };
}
