import { z } from 'zod';
import type { paths } from '../../../../../sdk/admin/paths.ts';
import { deliveryStates } from '../../../../../sdk/admin/values.ts';
import { lenient, momentOfDay, textInAddress } from '../../../search-values.ts';

type Query = NonNullable<paths['/api/admin/deliveries']['get']['parameters']['query']>;

const day = lenient(z.string().regex(/^\d{4}-\d\d-\d\d$/));

/** The filters of the deliveries of one webhook, as they stand in the address. */
export const DeliverySearch = z.object({
  q: textInAddress,
  state: lenient(z.enum(deliveryStates)),
  event: textInAddress,
  from: day,
  until: day,
  after: textInAddress,
  delivery: textInAddress,
});
type Search = z.output<typeof DeliverySearch>;

const isId = (text: string, prefix: string) => new RegExp(`^${prefix}_[0-9a-z]{26}$`).test(text);

/** What was typed into the one search field: an id of any of three kinds, else the name of an event, with or without its product. */
function toSearched(typed: string, family: string): Query {
  if (isId(typed, 'dlv')) return { delivery: typed };
  if (isId(typed, 'evt')) return { event: typed };
  if (isId(typed, 'sub')) return { person: typed };
  return { name: (typed.startsWith(`${family}.`) ? typed : `${family}.${typed}`).slice(0, 80) };
}

/** The filters of the address as the query of `GET /api/admin/deliveries`. */
export function toDeliveryQuery(
  { q, state, event, from, until }: Pick<Search, 'q' | 'state' | 'event' | 'from' | 'until'>,
  family: string,
): Query {
  return {
    name: event,
    ...(q && toSearched(q.trim(), family)),
    state,
    since: momentOfDay(from, 0),
    until: momentOfDay(until, 1),
  };
}
