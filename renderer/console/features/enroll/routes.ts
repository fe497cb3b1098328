import { createRoute } from '@tanstack/react-router';
import { rootRoute } from '../../root-route.ts';
import { operators } from '../../screen-data.ts';

const enroll = createRoute({
  getParentRoute: () => rootRoute,
  path: '/enroll',
  staticData: { roles: operators },
}).lazy(() => import('./enroll-screen.tsx').then(({ Route }) => Route));

export const enrollRoutes = [enroll] as const;
