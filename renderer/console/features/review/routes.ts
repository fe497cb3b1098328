import { createRoute } from '@tanstack/react-router';
import { z } from 'zod';
import { rootRoute } from '../../root-route.ts';
import { reviewers } from '../../screen-data.ts';

/** `state`: absent, what waits. */
const reviews = createRoute({
  getParentRoute: () => rootRoute,
  path: '/review',
  staticData: { roles: reviewers },
  validateSearch: z.object({
    state: z.enum(['decided', 'expired']).optional().catch(undefined),
    kind: z.enum(['duplicate', 'uniqueness']).optional().catch(undefined),
    after: z.string().max(254).optional().catch(undefined),
  }),
}).lazy(() => import('./reviews-screen.tsx').then(({ Route }) => Route));

const review = createRoute({
  getParentRoute: () => rootRoute,
  path: '/review/$id',
  staticData: { roles: reviewers },
}).lazy(() => import('./review-screen.tsx').then(({ Route }) => Route));

export const reviewRoutes = [reviews, review] as const;
