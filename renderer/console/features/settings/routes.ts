import { createRoute } from '@tanstack/react-router';
import { rootRoute } from '../../root-route.ts';
import { readers } from '../../screen-data.ts';

const settings = createRoute({
  getParentRoute: () => rootRoute,
  path: '/settings',
  staticData: { roles: readers },
}).lazy(() => import('./settings-screen.tsx').then(({ Route }) => Route));

export const settingsRoutes = [settings] as const;
