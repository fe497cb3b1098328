import { createRoute } from '@tanstack/react-router';
import { z } from 'zod';
import { rootRoute } from '../../root-route.ts';
import { operators } from '../../screen-data.ts';

const enroll = createRoute({
  getParentRoute: () => rootRoute,
  path: '/enroll',
  staticData: { roles: operators },
  /** `person`: id of an enrolled person who gets more pictures. */
  validateSearch: z.object({ person: z.string().max(64).optional().catch(undefined) }),
}).lazy(() => import('./enroll-screen.tsx').then(({ Route }) => Route));

export const enrollRoutes = [enroll] as const;
