import { createRoute } from '@tanstack/react-router';
import { rootRoute } from '../../root-route.ts';
import { readers } from '../../screen-data.ts';
import { BehaviorSearch } from './search.ts';

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
