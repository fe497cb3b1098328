import type { Deliveries, Delivery } from '../../engine/deliveries/index.ts';
import { time } from '../../lib/time.ts';

/** Engine -> control wire. Milliseconds become ISO 8601, what is absent stays absent. */

export const fromDelivery = ({ event, state, createdAt, ...rest }: Delivery) => ({
  ...rest,
  ...(event !== undefined && { event }),
  state: state.is === 'waiting' ? { ...state, nextAt: time(state.nextAt) } : { ...state, at: time(state.at) },
  createdAt: time(createdAt),
});

export const fromDeliveryLog = ({ log, ...delivery }: Awaited<ReturnType<Deliveries['get']>>) => ({
  ...fromDelivery(delivery),
  log: log.map(({ at, status, exchange, ...attempt }) => ({
    ...attempt,
    at: time(at),
    ...(status !== undefined && { status }),
    ...(exchange !== undefined && exchange),
  })),
});
