import type { Checks } from '../../../engine/verification/index.ts';
import { readers } from '../may-call.ts';
import { type AdminRoute, route } from '../route.ts';
import { CheckCatalogReply } from './wire.ts';

export interface CheckRouteDeps {
  checks: Pick<Checks, 'catalog'>;
}

/** Checks and PAD sets for profiles. */
export const checkRoutes = ({ checks }: CheckRouteDeps): AdminRoute[] => [
  route({
    tag: 'profiles',
    within: 'organization',
    keyRefusal: 'No API key may see or change profiles: on the box run "gatehouse profile".',
    may: { operator: true, administrator: readers, key: false },
    method: 'GET',
    url: '/checks',
    operationId: 'listChecks',
    effect: 'none',
    summary: 'List checks',
    description: 'Checks with their maturity, and the measured error rates of the usable PAD sets.',
    reply: CheckCatalogReply,
    handle: async () => checks.catalog(),
  }),
];
