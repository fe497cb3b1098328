import { createRoute } from '@tanstack/react-router';
import { z } from 'zod';
import { rootRoute } from '../../root-route.ts';
import { jobKinds, jobStates } from './job-words.ts';

const jobs = createRoute({
  getParentRoute: () => rootRoute,
  path: '/jobs',
  staticData: { appliance: true },
  validateSearch: z.object({
    kind: z.enum(jobKinds).optional().catch(undefined),
    state: z.enum(jobStates).optional().catch(undefined),
    job: z.string().max(254).optional().catch(undefined),
    after: z.string().max(254).optional().catch(undefined),
  }),
}).lazy(() => import('./jobs-screen.tsx').then(({ Route }) => Route));

export const jobRoutes = [jobs] as const;
