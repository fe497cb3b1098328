import { createRoute } from '@tanstack/react-router';
import { z } from 'zod';
import { rootRoute } from '../../root-route.ts';
import { managers, readers } from '../../screen-data.ts';

const slug = z.string().max(80).optional().catch(undefined);
/** A version by its number, or `builtin`. */
const version = z
  .union([z.int().min(1), z.literal('builtin')])
  .optional()
  .catch(undefined);
const cursor = z.string().max(200).optional().catch(undefined);

const profiles = createRoute({
  getParentRoute: () => rootRoute,
  path: '/profiles',
  staticData: { roles: readers },
  validateSearch: z.object({ after: cursor }),
}).lazy(() => import('./profiles-screen.tsx').then(({ Route }) => Route));

const newProfile = createRoute({
  getParentRoute: () => rootRoute,
  path: '/profiles/new',
  staticData: { roles: managers },
  validateSearch: z.object({ from: slug }),
}).lazy(() => import('./new-profile-screen.tsx').then(({ Route }) => Route));

const profile = createRoute({
  getParentRoute: () => rootRoute,
  path: '/profiles/$slug',
  staticData: { roles: readers },
}).lazy(() => import('./profile-screen.tsx').then(({ Route }) => Route));

const versions = createRoute({
  getParentRoute: () => rootRoute,
  path: '/profiles/$slug/versions',
  staticData: { roles: readers },
  validateSearch: z.object({ from: version, to: version, after: cursor }),
}).lazy(() => import('./versions-screen.tsx').then(({ Route }) => Route));

export const profileRoutes = [profiles, newProfile, profile, versions] as const;
