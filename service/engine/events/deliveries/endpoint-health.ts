import type { EndpointId } from '../../../lib/id.ts';
import type { Foundation } from '../../audit/index.ts';
import type { Endpoint, Webhooks } from '../webhooks/endpoint.ts';
import type { Deliveries, EndpointHealth } from './delivery.ts';
import {
  type CountedDelivery,
  countWaiting,
  selectAcceptedTimes,
  selectCounted,
} from './endpoint-health-store.ts';

export interface EndpointHealthDeps extends Pick<Foundation, 'db' | 'clock'> {
  endpoints: Pick<Webhooks, 'get' | 'list'>;
}

const HOUR = 3_600_000;
const HOURS = 24;
/** Deliveries that are counted of one endpoint: in a list of endpoints, and alone. The rest of a busy day is left out. */
const MOST_IN_LIST = 500;
const MOST = 5_000;
/** Accepted deliveries that the median is taken of. */
const TIMED = 200;

/** How endpoints fared in the last 24 hours, from a bounded number of rows. */
export function createEndpointHealth({
  db,
  endpoints,
  clock,
}: EndpointHealthDeps): Pick<Deliveries, 'health' | 'healthOf'> {
  async function judge(
    id: EndpointId,
    waiting: Awaited<ReturnType<typeof countWaiting>>,
    most: number,
  ): Promise<EndpointHealth> {
    const since = clock.now() - HOURS * HOUR;
    const found = await selectCounted(db, id, { since, limit: most + 1 });
    const counted = found.slice(0, most);
    const accepted = counted.filter(({ state }) => state === 'delivered');
    const times = await selectAcceptedTimes(
      db,
      accepted.slice(0, TIMED).map((one) => one.id),
    );
    return {
      endpoint: id,
      since: found.length > most ? counted.at(-1)!.createdAt : since,
      deliveries: counted.length,
      accepted: accepted.length,
      failed: counted.filter(({ state }) => state === 'failed').length,
      medianMilliseconds: medianOf(times),
      hours: toHours(counted, since),
      waiting: waiting.get(id)?.waiting ?? 0,
      nextAt: waiting.get(id)?.nextAt,
    };
  }
  const shown = ({ kind }: Endpoint) => kind === 'endpoint';

  return {
    async health(realm) {
      const waiting = await countWaiting(db, realm);
      const judged: EndpointHealth[] = [];
      for (const { id } of (await endpoints.list(realm)).filter(shown))
        judged.push(await judge(id, waiting, MOST_IN_LIST));
      return judged;
    },
    async healthOf(realm, id) {
      const endpoint = await endpoints.get(realm, id);
      return judge(endpoint.id, await countWaiting(db, realm), MOST);
    },
  };
}

/** By the hour in which deliveries were made, the oldest first. */
function toHours(counted: readonly CountedDelivery[], since: number): EndpointHealth['hours'] {
  const hours = Array.from({ length: HOURS }, (_, i) => ({
    at: since + i * HOUR,
    deliveries: 0,
    accepted: 0,
  }));
  for (const { state, createdAt } of counted) {
    const hour = hours[Math.min(HOURS - 1, Math.max(0, Math.floor((createdAt - since) / HOUR)))]!;
    hour.deliveries++;
    if (state === 'delivered') hour.accepted++;
  }
  return hours;
}

/** Undefined of nothing. */
function medianOf(values: readonly number[]): number | undefined {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1
    ? sorted[middle]
    : middle === 0
      ? undefined
      : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
