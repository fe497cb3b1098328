import { createRoute } from '@tanstack/react-router';
import { z } from 'zod';
import { rootRoute } from '../../root-route.ts';
import { setupSteps } from './steps.ts';

const setup = createRoute({
  getParentRoute: () => rootRoute,
  path: '/setup',
  staticData: { open: true },
  /** A step after the owner was made; absent: where the assistant was left. */
  validateSearch: z.object({ step: z.enum(setupSteps).optional().catch(undefined) }),
}).lazy(() => import('./setup-screen.tsx').then(({ Route }) => Route));

export const setupRoutes = [setup] as const;
