import { queryOptions } from '@tanstack/react-query';
import { read } from './api/admin.ts';
import type { World } from './session/session-query.ts';

/** The organization that the reader acts in. */
export const organizationQuery = queryOptions({ ...read('/api/admin/organization'), staleTime: 60_000 });

/** Every profile of one page: the built-in ones and up to 200 of its own. */
export const profilesQuery = read('/api/admin/profiles', { limit: 200 });

/** The services that share the database; one without an id has it for itself. */
export const nodesQuery = read('/api/admin/nodes');

/** How far people have templates of the present embedding model, and a page of those who have none; without `page`, the first of them. */
export const upgradesQuery = (
  env: World,
  page: { limit: number; cursor?: string | undefined; names?: 'true' } = { limit: 1 },
) => read('/api/admin/template-upgrades', { env, ...page });
