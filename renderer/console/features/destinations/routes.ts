import { createRoute } from '@tanstack/react-router';
import { z } from 'zod';
import { rootRoute } from '../../root-route.ts';
import { readers } from '../../screen-data.ts';

/** `state` absent: those that hold now. */
const destinations = createRoute({
  getParentRoute: () => rootRoute,
  path: '/destinations',
  staticData: { roles: readers },
  validateSearch: z.object({
    state: z.enum(['revoked', 'all']).optional().catch(undefined),
    after: z.string().max(254).optional().catch(undefined),
  }),
}).lazy(() => import('./destinations-screen.tsx').then(({ Route }) => Route));

export const destinationRoutes = [destinations] as const;
