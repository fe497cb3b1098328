import { z } from 'zod';
import type { paths } from '../../../../../sdk/admin/paths.ts';
import { deliveryStates } from '../../../../../sdk/admin/values.ts';

type Query = NonNullable<paths['/api/admin/deliveries']['get']['parameters']['query']>;

const text = z.string().max(254).optional().catch(undefined);
const day = z
  .string()
  .regex(/^\d{4}-\d\d-\d\d$/)
  .optional()
  .catch(undefined);

/** The filters of the deliveries of one webhook, as they stand in the address. */
export const DeliverySearch = z.object({
  q: text,
  state: z.enum(deliveryStates).optional().catch(undefined),
  event: text,
  from: day,
  until: day,
  after: text,
  delivery: text,
});
type Search = z.output<typeof DeliverySearch>;

const isId = (text: string, prefix: string) => new RegExp(`^${prefix}_[0-9a-z]{26}$`).test(text);

/** The first moment of a day where the reader is, or of the day after it. */
function momentOf(text: string, days: 0 | 1): string {
  const [year = 0, month = 1, date = 1] = text.split('-').map(Number);
  return new Date(year, month - 1, date + days).toISOString();
}

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
    ...(event && { name: event }),
    ...(q && toSearched(q.trim(), family)),
    ...(state && { state }),
    ...(from && { since: momentOf(from, 0) }),
    ...(until && { until: momentOf(until, 1) }),
  };
}
