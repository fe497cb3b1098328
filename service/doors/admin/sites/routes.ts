import type { Organizations, Site } from '../../../engine/organizations/index.ts';
import { toPage } from '../../../http/cursor.ts';
import { defined } from '../../../lib/defined.ts';
import type { SiteId } from '../../../lib/id.ts';
import { paramsOf } from '../ids.ts';
import { managers, readers } from '../may-call.ts';
import { type AdminRoute, route } from '../route.ts';
import { NewSite, SitePage, SiteQuery, SiteReply } from './wire.ts';

export interface SiteRouteDeps {
  organizations: Pick<Organizations, 'pageSites' | 'addSite' | 'removeSite'>;
}

const about = {
  tag: 'organizations',
  within: 'organization',
  keyRefusal: 'No API key may see or change sites: on the box run "gatehouse site".',
} as const;
const changing = { operator: true, administrator: managers, key: false } as const;

const fromSite = ({ organization: _, ...rest }: Site): SiteReply => rest;

/** Places of an organization, known by their network: what the location checks use. */
export function siteRoutes({ organizations }: SiteRouteDeps): AdminRoute[] {
  return [
    route({
      ...about,
      method: 'GET',
      url: '/sites',
      operationId: 'listSites',
      effect: 'none',
      summary: 'List sites',
      description: 'The sites of the organization, identified by their network.',
      may: { operator: true, administrator: readers, key: false },
      query: SiteQuery,
      reply: SitePage,
      async handle({ organization, query: { limit, cursor } }) {
        const found = await organizations.pageSites(
          organization,
          defined({ before: cursor, limit: limit + 1 }),
        );
        return toPage(found.map(fromSite), limit, ({ id }) => id);
      },
    }),
    route({
      ...about,
      method: 'POST',
      url: '/sites',
      operationId: 'addSite',
      effect: 'none',
      summary: 'Add a site',
      description:
        'Assigns a place to the requests of a network. If several networks match, the narrowest applies.',
      may: changing,
      body: NewSite,
      status: 201,
      reply: SiteReply,
      refuses: ['NOT_FOUND', 'CONFLICT', 'STORAGE_FULL'],
      handle: async ({ organization, body, who }) =>
        fromSite(await organizations.addSite(organization, body, who)),
    }),
    route({
      ...about,
      method: 'DELETE',
      url: '/sites/:id',
      operationId: 'removeSite',
      effect: 'none',
      summary: 'Remove a site',
      description: 'Requests of its network have no site from then on.',
      may: changing,
      params: paramsOf('site'),
      refuses: ['NOT_FOUND', 'STORAGE_FULL'],
      handle: ({ organization, params: { id }, who }) =>
        organizations.removeSite(organization, id as SiteId, who),
    }),
  ];
}
