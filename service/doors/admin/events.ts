import { z } from 'zod';
import { type EventLog, EventRecord } from '../../engine/events/index.ts';
import { idOf } from './ids.ts';
import { listRoute } from './lists.ts';
import { readers } from './may-call.ts';
import type { AdminRoute } from './route.ts';

export interface EventRouteDeps {
  eventLog: EventLog;
}

/** All events, also those without a webhook. */
export const eventRoutes = ({ eventLog }: EventRouteDeps): AdminRoute[] => [
  listRoute({
    tag: 'events',
    within: 'world',
    url: '/events',
    operationId: 'listEvents',
    effect: 'reads-personal',
    summary: 'List events',
    description:
      'All events, also those that no webhook is subscribed to, in the format of the box and without personal data. Each API family sends them to its webhooks in its own format: see the catalog.',
    may: { operator: true, administrator: readers, key: 'admin' },
    item: EventRecord,
    items: 'Events, the newest first',
    page: 'EventPage',
    filter: {
      type: z
        .string()
        .regex(/^[a-z]+(\.[a-z]+){1,3}$/, 'It must be a type of event, such as verification.verified.')
        .max(64)
        .optional()
        .describe('Only events of this `type`'),
    },
    key: idOf('event'),
    rows: ({ realm }, part) => eventLog.list(realm, part),
  }),
];
