import { createRoute } from '@tanstack/react-router';
import { rootRoute } from '../../root-route.ts';
import { operators } from '../../screen-data.ts';

const bulkImport = createRoute({
  getParentRoute: () => rootRoute,
  path: '/people/import',
  staticData: { roles: operators },
}).lazy(() => import('./import-screen.tsx').then(({ Route }) => Route));

export const importRoutes = [bulkImport] as const;
