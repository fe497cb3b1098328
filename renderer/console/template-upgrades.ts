import { read } from './api/admin.ts';
import type { World } from './session/session-query.ts';

/** How far people have templates of the present embedding model, and a page of those who have none; without `page`, the first of them. */
export const upgradesQuery = (
  env: World,
  page: { limit: number; cursor?: string | undefined; names?: 'true' } = { limit: 1 },
) => read('/api/admin/template-upgrades', { env, ...page });
