import { createRoute } from '@tanstack/react-router';
import { rootRoute } from '../../root-route.ts';

const security = createRoute({
  getParentRoute: () => rootRoute,
  path: '/security',
}).lazy(() => import('./security-screen.tsx').then(({ Route }) => Route));

export const securityRoutes = [security] as const;
