import type { Limits } from '../../../engine/limits/index.ts';
import type { KeyId } from '../../../lib/id.ts';
import { ofAppliance, readers } from '../may-call.ts';
import { type AdminRoute, route } from '../route.ts';
import { fromLimits, toSettings } from './translate.ts';
import { LimitsChange, LimitsQuery, LimitsReply } from './wire.ts';

export interface LimitRouteDeps {
  limits: Pick<Limits, 'show' | 'set'>;
}

const about = {
  tag: 'limits',
  within: 'organization',
  url: '/limits',
  reply: LimitsReply,
  keyRefusal: 'No API key may see or change limits: on the box run "gatehouse limits".',
} as const;

/** Rate limits of an organization and its keys. Only the operator changes the organization's limits. */
export function limitRoutes({ limits }: LimitRouteDeps): AdminRoute[] {
  return [
    route({
      ...about,
      method: 'GET',
      operationId: 'getLimits',
      effect: 'none',
      summary: 'Show limits',
      description: 'Limits and the use of the current month.',
      may: { operator: true, administrator: readers, key: false },
      query: LimitsQuery,
      refuses: ['NOT_FOUND'],
      handle: async ({ organization, query: { key } }) =>
        fromLimits(await limits.show(organization, key as KeyId | undefined)),
    }),
    route({
      ...about,
      method: 'PATCH',
      operationId: 'changeLimits',
      effect: 'weakens-protection',
      summary: 'Change limits',
      description: 'Applies from the next request. Fields that are not sent stay unchanged.',
      may: ofAppliance,
      body: LimitsChange,
      refuses: ['NOT_FOUND', 'STORAGE_FULL'],
      handle: async ({ organization, body, who }) =>
        fromLimits(await limits.set(organization, toSettings(body), who, body.key as KeyId | undefined)),
    }),
  ];
}
