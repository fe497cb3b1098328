import type {
  Deliveries,
  Delivery,
  DeliveryAttempt,
  DeliveryState,
  EndpointHealth,
} from '../../../engine/deliveries/index.ts';
import { defined } from '../../../lib/defined.ts';
import { time } from '../../../lib/time.ts';
import type {
  DeliveryAttemptReply,
  DeliveryLogReply,
  DeliveryQuery,
  DeliveryReply,
  HealthReply,
  Replay,
} from './wire.ts';

export const toReplay = (endpoint: string, { since, until }: Replay) => ({
  endpoint,
  since: Date.parse(since),
  ...(until === undefined ? {} : { until: Date.parse(until) }),
});

const momentOf = (text: string | undefined) => (text === undefined ? undefined : Date.parse(text));

export const toDeliveryQuery = ({
  cursor,
  delivery,
  person,
  since,
  until,
  limit,
  ...rest
}: DeliveryQuery) => ({
  limit,
  ...defined({
    ...rest,
    id: delivery,
    subject: person,
    since: momentOf(since),
    until: momentOf(until),
    before: cursor,
  }),
});

/** Milliseconds with one decimal. */
const rounded = (milliseconds: number) => Math.round(milliseconds * 10) / 10;

export const fromHealth = ({
  since,
  hours,
  nextAt,
  medianMilliseconds,
  ...rest
}: EndpointHealth): HealthReply => ({
  ...rest,
  since: time(since),
  medianMilliseconds: medianMilliseconds === undefined ? undefined : rounded(medianMilliseconds),
  hours: hours.map((hour) => ({ ...hour, at: time(hour.at) })),
  nextAt: nextAt === undefined ? undefined : time(nextAt),
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
  last,
}: Delivery): DeliveryReply => ({
  id,
  endpoint,
  event,
  name,
  origin,
  state: fromDeliveryState(state),
  attempts,
  createdAt: time(createdAt),
  last: last && { ...last, at: time(last.at), milliseconds: rounded(last.milliseconds) },
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

/** `forBox`: what a receiver in the network of the box answered is shown too. */
export const fromDeliveryLog = (
  delivery: Awaited<ReturnType<Deliveries['get']>>,
  forBox: boolean,
): DeliveryLogReply => ({
  ...fromDelivery(delivery),
  log: delivery.log.map((attempt) => fromAttempt(attempt, forBox)),
});

const KEPT_BACK =
  '(not shown: the receiver is in the network of the box; an appliance owner sees it, and "gatehouse webhook delivery" on the box)';

type Answered = Exclude<NonNullable<DeliveryAttempt['exchange']>['response'], { error: string }>;
const shownTo = (forBox: boolean, { isPrivate, ...response }: Answered) =>
  isPrivate && !forBox ? { headers: {}, body: KEPT_BACK, truncated: false } : response;

function fromAttempt(
  { number, at, outcome, status, milliseconds, exchange }: DeliveryAttempt,
  forBox: boolean,
): DeliveryAttemptReply {
  const response = exchange?.response;
  return {
    number,
    at: time(at),
    outcome,
    status,
    milliseconds: rounded(milliseconds),
    request: exchange?.request,
    response: response && 'body' in response ? shownTo(forBox, response) : undefined,
    error: response && 'error' in response ? response.error : undefined,
  };
}
