import { createRoute } from '@tanstack/react-router';
import { z } from 'zod';
import { rootRoute } from '../../root-route.ts';
import { readers } from '../../screen-data.ts';

const BehaviorSearch = z.object({
  span: z.enum(['day', 'month']).optional().catch(undefined),
  human: z.enum(['true', 'false']).optional().catch(undefined),
  after: z.string().optional().catch(undefined),
});

const behavior = createRoute({
  getParentRoute: () => rootRoute,
  path: '/behavior',
  staticData: { roles: readers },
  validateSearch: BehaviorSearch,
}).lazy(() => import('./behavior-screen.tsx').then(({ Route }) => Route));

const own = createRoute({
  getParentRoute: () => rootRoute,
  path: '/behavior/try',
  staticData: { roles: readers },
}).lazy(() => import('./try-screen.tsx').then(({ Route }) => Route));

const settings = createRoute({
  getParentRoute: () => rootRoute,
  path: '/behavior/settings',
  staticData: { roles: readers },
}).lazy(() => import('./behavior-settings-screen.tsx').then(({ Route }) => Route));

export const behaviorRoutes = [behavior, own, settings] as const;
