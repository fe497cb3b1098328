import { createRoute } from '@tanstack/react-router';
import { z } from 'zod';
import { rootRoute } from '../../root-route.ts';
import { managers, readers } from '../../screen-data.ts';

const keys = createRoute({
  getParentRoute: () => rootRoute,
  path: '/keys',
  staticData: { roles: readers },
  validateSearch: z.object({ after: z.string().max(254).optional().catch(undefined) }),
}).lazy(() => import('./keys-screen.tsx').then(({ Route }) => Route));

const newKey = createRoute({
  getParentRoute: () => rootRoute,
  path: '/keys/new',
  staticData: { roles: managers },
}).lazy(() => import('./new-key-screen.tsx').then(({ Route }) => Route));

export const keyRoutes = [keys, newKey] as const;
