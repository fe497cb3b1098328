import { createRoute } from '@tanstack/react-router';
import { z } from 'zod';
import { rootRoute } from '../../root-route.ts';
import { managers, readers } from '../../screen-data.ts';

const flows = createRoute({
  getParentRoute: () => rootRoute,
  path: '/flows',
  staticData: { roles: readers },
  validateSearch: z.object({ after: z.string().max(200).optional().catch(undefined) }),
}).lazy(() => import('./flows-screen.tsx').then(({ Route }) => Route));

const newFlow = createRoute({
  getParentRoute: () => rootRoute,
  path: '/flows/new',
  staticData: { roles: managers },
}).lazy(() => import('./new-flow-screen.tsx').then(({ Route }) => Route));

const targets = createRoute({
  getParentRoute: () => rootRoute,
  path: '/flows/targets',
  staticData: { roles: readers },
}).lazy(() => import('./targets-screen.tsx').then(({ Route }) => Route));

const flow = createRoute({
  getParentRoute: () => rootRoute,
  path: '/flows/$id',
  staticData: { roles: readers },
}).lazy(() => import('./flow-screen.tsx').then(({ Route }) => Route));

export const flowRoutes = [flows, newFlow, targets, flow] as const;
