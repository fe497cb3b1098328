import { createRoute, redirect } from '@tanstack/react-router';
import { z } from 'zod';
import { rootRoute } from '../../root-route.ts';
import { readers } from '../../screen-data.ts';

const home = createRoute({
  getParentRoute: () => rootRoute,
  path: '/',
  beforeLoad: () => {
    throw redirect({ to: '/overview' });
  },
});

const overview = createRoute({
  getParentRoute: () => rootRoute,
  path: '/overview',
  staticData: { roles: readers },
  validateSearch: z.object({ span: z.literal('week').optional().catch(undefined) }),
}).lazy(() => import('./overview-screen.tsx').then(({ Route }) => Route));

export const overviewRoutes = [home, overview] as const;
