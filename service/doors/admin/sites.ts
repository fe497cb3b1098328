import { NewSite, type Organizations, Site } from '../../engine/accounts/index.ts';
import { idOf, paramsOf } from './ids.ts';
import { listRoute } from './lists.ts';
import { byManagers, byReaders } from './may-call.ts';
import { type AdminRoute, route } from './route.ts';

export interface SiteRouteDeps {
  organizations: Pick<Organizations, 'pageSites' | 'addSite' | 'removeSite'>;
}

const about = {
  tag: 'organizations',
  within: 'organization',
  keyRefusal: 'No API key may see or change sites: on the box run "gatehouse site".',
} as const;

/** Places of an organization, known by their network: what the location checks use. */
export const siteRoutes = ({ organizations }: SiteRouteDeps): AdminRoute[] => [
  listRoute({
    ...about,
    url: '/sites',
    operationId: 'listSites',
    effect: 'none',
    summary: 'List sites',
    description: 'The sites of the organization, identified by their network.',
    may: byReaders,
    item: Site,
    items: 'Sites, the newest first',
    page: 'SitePage',
    key: idOf('site'),
    rows: ({ organization }, part) => organizations.pageSites(organization, part),
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
    may: byManagers,
    body: NewSite,
    status: 201,
    reply: Site,
    refuses: ['NOT_FOUND', 'CONFLICT', 'STORAGE_FULL'],
    handle: ({ organization, body, who }) => organizations.addSite(organization, body, who),
  }),
  route({
    ...about,
    method: 'DELETE',
    url: '/sites/:id',
    operationId: 'removeSite',
    effect: 'none',
    summary: 'Remove a site',
    description: 'Requests of its network have no site from then on.',
    may: byManagers,
    params: paramsOf('site'),
    refuses: ['NOT_FOUND', 'STORAGE_FULL'],
    handle: ({ organization, params: { id }, who }) => organizations.removeSite(organization, id, who),
  }),
];
