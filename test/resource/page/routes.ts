import { createRoute } from '@tanstack/react-router';
import { rootRoute } from '../../../renderer/console/root-route.ts';
import { readers } from '../../../renderer/console/screen-data.ts';

const houseRules = createRoute({
  getParentRoute: () => rootRoute,
  path: '/house-rules',
  staticData: { roles: readers },
}).lazy(() => import('./house-rules-screen.tsx').then(({ Route }) => Route));

export const houseRulesRoutes = [houseRules] as const;
