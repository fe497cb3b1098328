import { createRoute } from '@tanstack/react-router';
import { z } from 'zod';
import { rootRoute } from '../../root-route.ts';
import { managers, readers } from '../../screen-data.ts';

/** `after`: the cursor of the page that is shown. */
const SitesSearch = z.object({ after: z.string().optional().catch(undefined) });

const sites = createRoute({
  getParentRoute: () => rootRoute,
  path: '/sites',
  staticData: { roles: readers },
  validateSearch: SitesSearch,
}).lazy(() => import('./sites-screen.tsx').then(({ Route }) => Route));

const newSite = createRoute({
  getParentRoute: () => rootRoute,
  path: '/sites/new',
  staticData: { roles: managers },
}).lazy(() => import('./new-site-screen.tsx').then(({ Route }) => Route));

export const sitesRoutes = [sites, newSite] as const;
