import { queryOptions } from '@tanstack/react-query';
import { admin, replyOf } from '../../api/admin.ts';
import type { World } from '../../session/session-query.ts';

export const scopeQuery = (env: World, id: string) =>
  queryOptions({
    queryKey: ['scopes', env, 'one', id],
    queryFn: ({ signal }) =>
      replyOf(
        admin.GET('/api/admin/uniqueness/scopes/{id}', { params: { path: { id }, query: { env } }, signal }),
      ),
  });

/** Whether the organization's own scope has been set up. */
export const ownScopeQuery = (env: World) =>
  queryOptions({
    queryKey: ['scopes', env, 'own'],
    queryFn: ({ signal }) =>
      replyOf(
        admin.GET('/api/admin/uniqueness/scopes', { params: { query: { env, name: '', limit: 1 } }, signal }),
      ),
    select: ({ items }) => items[0],
  });
