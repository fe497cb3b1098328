import { createRoute } from '@tanstack/react-router';
import { z } from 'zod';
import { rootRoute } from '../../root-route.ts';

const backups = createRoute({
  getParentRoute: () => rootRoute,
  path: '/backups',
  staticData: { appliance: true },
  validateSearch: z.object({ after: z.string().max(254).optional().catch(undefined) }),
}).lazy(() => import('./backups-screen.tsx').then(({ Route }) => Route));

export const backupRoutes = [backups] as const;
