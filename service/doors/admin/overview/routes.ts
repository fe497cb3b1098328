import type { Overviews } from '../../../engine/overview/index.ts';
import { readers } from '../may-call.ts';
import { type AdminRoute, route } from '../route.ts';
import { fromOverview } from './translate.ts';
import { OverviewQuery, OverviewReply } from './wire.ts';

export interface OverviewRouteDeps {
  overviews: Overviews;
}

/** One world of an organization at a glance. */
export const overviewRoutes = ({ overviews }: OverviewRouteDeps): AdminRoute[] => [
  route({
    tag: 'organizations',
    within: 'world',
    keyRefusal: 'No API key may read the overview: /metrics has the figures of the box.',
    method: 'GET',
    url: '/overview',
    operationId: 'getOverview',
    effect: 'none',
    summary: 'Get an overview',
    description:
      'Verifications per hour, reasons of refusals, size of the gallery against its safe size, liveness, and items that need attention.',
    may: { operator: true, administrator: readers, key: false },
    query: OverviewQuery,
    reply: OverviewReply,
    handle: async ({ realm, query }) => fromOverview(await overviews.read(realm, spans[query.span])),
  }),
];

const spans = { day: 24, week: 168 } as const;
