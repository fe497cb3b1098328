import { createRoute, redirect } from '@tanstack/react-router';
import { z } from 'zod';
import { firstScreenOf } from '../../frame/navigation.ts';
import { rootRoute } from '../../root-route.ts';
import { readers } from '../../screen-data.ts';
import { sessionQuery } from '../../session/session-query.ts';

const home = createRoute({
  getParentRoute: () => rootRoute,
  path: '/',
  beforeLoad: ({ context }) => {
    const user = context.queryClient.getQueryData(sessionQuery.queryKey)?.user;
    throw redirect({ href: user ? firstScreenOf(user) : '/overview' });
  },
});

const overview = createRoute({
  getParentRoute: () => rootRoute,
  path: '/overview',
  staticData: { roles: readers },
  validateSearch: z.object({ span: z.literal('week').optional().catch(undefined) }),
}).lazy(() => import('./overview-screen.tsx').then(({ Route }) => Route));

export const overviewRoutes = [home, overview] as const;
