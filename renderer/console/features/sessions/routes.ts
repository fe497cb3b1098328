import { createRoute } from '@tanstack/react-router';
import { rootRoute } from '../../root-route.ts';
import { sessionReaders } from '../../screen-data.ts';
import { SessionSearch } from './search.ts';

const sessions = createRoute({
  getParentRoute: () => rootRoute,
  path: '/sessions',
  staticData: { roles: sessionReaders },
  validateSearch: SessionSearch,
}).lazy(() => import('./sessions-screen.tsx').then(({ Route }) => Route));

const session = createRoute({
  getParentRoute: () => rootRoute,
  path: '/sessions/$id',
  staticData: { roles: sessionReaders },
}).lazy(() => import('./session-screen.tsx').then(({ Route }) => Route));

export const sessionRoutes = [sessions, session] as const;
