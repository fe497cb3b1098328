import { createRoute } from '@tanstack/react-router';
import { rootRoute } from '../../root-route.ts';

const setup = createRoute({
  getParentRoute: () => rootRoute,
  path: '/setup',
  staticData: { open: true },
}).lazy(() => import('./setup-screen.tsx').then(({ Route }) => Route));

export const setupRoutes = [setup] as const;
