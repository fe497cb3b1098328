import type { EventLog } from '../../../engine/deliveries/index.ts';
import { time } from '../../../lib/time.ts';
import type { EventReply } from './wire.ts';

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
