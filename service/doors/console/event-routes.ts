import type { FastifyPluginAsync } from 'fastify';
import { defined } from '../../lib/defined.ts';
import { realmOf } from './caller.ts';
import type { ConsoleDeps } from './console-deps.ts';
import { toPage } from './page.ts';
import { fromEvent } from './translate.ts';
import { EventQuery } from './wire.ts';
import { EventPage } from './wire-replies.ts';

/** What happened, whether a webhook asked for it or not. */
export const eventRoutes: FastifyPluginAsync<Pick<ConsoleDeps, 'eventLog'>> = async (app, { eventLog }) => {
  app.get<{ Querystring: EventQuery }>(
    '/api/admin/events',
    {
      config: { access: 'admin' },
      schema: {
        operationId: 'listEvents',
        summary: 'List events',
        description:
          'What happened, whether a webhook asked for it or not, in the words of the box; what is personal is left out. Each family tells it to its webhooks in its own words: see the catalog.',
        tags: ['events'],
        querystring: EventQuery,
        response: { 200: EventPage },
      },
    },
    async (request) => {
      const { limit, ...filter } = request.query;
      const found = await eventLog.list(realmOf(request), { ...defined(filter), limit: limit + 1 });
      return toPage(found.map(fromEvent), limit);
    },
  );
};
