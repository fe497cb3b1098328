import type { EventLog } from '../../../engine/deliveries/index.ts';
import { toPage } from '../../../http/cursor.ts';
import { defined } from '../../../lib/defined.ts';
import { readers } from '../may-call.ts';
import { type AdminRoute, route } from '../route.ts';
import { fromEvent } from './translate.ts';
import { EventPage, EventQuery } from './wire.ts';

export interface EventRouteDeps {
  eventLog: EventLog;
}

/** All events, also those without a webhook. */
export const eventRoutes = ({ eventLog }: EventRouteDeps): AdminRoute[] => [
  route({
    tag: 'events',
    within: 'world',
    method: 'GET',
    url: '/events',
    operationId: 'listEvents',
    effect: 'reads-personal',
    summary: 'List events',
    description:
      'All events, also those that no webhook is subscribed to, in the format of the box and without personal data. Each API family sends them to its webhooks in its own format: see the catalog.',
    may: { operator: true, administrator: readers, key: 'admin' },
    query: EventQuery,
    reply: EventPage,
    async handle({ realm, query: { limit, cursor, type } }) {
      const found = await eventLog.list(realm, { ...defined({ type, before: cursor }), limit: limit + 1 });
      return toPage(found.map(fromEvent), limit, ({ id }) => id);
    },
  }),
];
