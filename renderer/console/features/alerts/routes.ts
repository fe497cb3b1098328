import { createRoute } from '@tanstack/react-router';
import { z } from 'zod';
import { rootRoute } from '../../root-route.ts';
import { readers } from '../../screen-data.ts';

const cursor = z.string().max(254).optional().catch(undefined);

/** `alert`: the one that a notification of the desktop opens. */
const alerts = createRoute({
  getParentRoute: () => rootRoute,
  path: '/alerts',
  staticData: { roles: readers },
  validateSearch: z.object({
    state: z.enum(['open', 'acknowledged']).optional().catch(undefined),
    alert: cursor,
    after: cursor,
  }),
}).lazy(() => import('./alerts-screen.tsx').then(({ Route }) => Route));

const rules = createRoute({
  getParentRoute: () => rootRoute,
  path: '/alerts/rules',
  staticData: { roles: readers },
  validateSearch: z.object({ after: cursor }),
}).lazy(() => import('./rules-screen.tsx').then(({ Route }) => Route));

const recipients = createRoute({
  getParentRoute: () => rootRoute,
  path: '/alerts/recipients',
  staticData: { roles: readers },
  validateSearch: z.object({ after: cursor }),
}).lazy(() => import('./recipients-screen.tsx').then(({ Route }) => Route));

export const alertRoutes = [alerts, rules, recipients] as const;
