import { createRoute } from '@tanstack/react-router';
import { z } from 'zod';
import { rootRoute } from '../../root-route.ts';
import { managers, readers } from '../../screen-data.ts';

const scopes = createRoute({
  getParentRoute: () => rootRoute,
  path: '/uniqueness',
  staticData: { roles: readers },
  validateSearch: z.object({ after: z.string().max(254).optional().catch(undefined) }),
}).lazy(() => import('./scopes-screen.tsx').then(({ Route }) => Route));

const newScope = createRoute({
  getParentRoute: () => rootRoute,
  path: '/uniqueness/new',
  staticData: { roles: managers },
}).lazy(() => import('./new-scope-screen.tsx').then(({ Route }) => Route));

const scope = createRoute({
  getParentRoute: () => rootRoute,
  path: '/uniqueness/$id',
  staticData: { roles: readers },
}).lazy(() => import('./scope-screen.tsx').then(({ Route }) => Route));

export const uniquenessRoutes = [scopes, newScope, scope] as const;
