import { queryOptions } from '@tanstack/react-query';
import { read, type World } from '../../data.ts';

export const scopeQuery = (env: World, id: string) => read('/api/admin/uniqueness/scopes/{id}', { id, env });

/** Whether the organization's own scope has been set up. */
export const ownScopeQuery = (env: World) =>
  queryOptions({
    ...read('/api/admin/uniqueness/scopes', { env, name: '', limit: 1 }),
    select: ({ items }) => items[0],
  });
