import { createRoute } from '@tanstack/react-router';
import { rootRoute } from '../../root-route.ts';
import { readers } from '../../screen-data.ts';
import { VerificationSearch } from './search.ts';

const verifications = createRoute({
  getParentRoute: () => rootRoute,
  path: '/verifications',
  staticData: { roles: readers },
  validateSearch: VerificationSearch,
}).lazy(() => import('./verifications-screen.tsx').then(({ Route }) => Route));

const verification = createRoute({
  getParentRoute: () => rootRoute,
  path: '/verifications/$id',
  staticData: { roles: readers },
}).lazy(() => import('./verification-screen.tsx').then(({ Route }) => Route));

export const verificationRoutes = [verifications, verification] as const;
