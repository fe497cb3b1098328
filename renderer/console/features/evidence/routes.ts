import { createRoute } from '@tanstack/react-router';
import { rootRoute } from '../../root-route.ts';
import { readers } from '../../screen-data.ts';

const list = createRoute({
  getParentRoute: () => rootRoute,
  path: '/evidence',
  staticData: { roles: readers },
}).lazy(() => import('./evidence-screen.tsx').then(({ Route }) => Route));

const claim = createRoute({
  getParentRoute: () => rootRoute,
  path: '/evidence/$id',
  staticData: { roles: readers },
}).lazy(() => import('./claim-screen.tsx').then(({ Route }) => Route));

export const evidenceRoutes = [list, claim] as const;
