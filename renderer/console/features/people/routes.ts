import { createRoute } from '@tanstack/react-router';
import { z } from 'zod';
import { rootRoute } from '../../root-route.ts';
import { readers } from '../../screen-data.ts';

const text = z.string().max(254).optional().catch(undefined);

const people = createRoute({
  getParentRoute: () => rootRoute,
  path: '/people',
  staticData: { roles: readers },
  validateSearch: z.object({ search: text, after: text }),
}).lazy(() => import('./people-screen.tsx').then(({ Route }) => Route));

const person = createRoute({
  getParentRoute: () => rootRoute,
  path: '/people/$id',
  staticData: { roles: readers },
}).lazy(() => import('./person-screen.tsx').then(({ Route }) => Route));

const doubtful = createRoute({
  getParentRoute: () => rootRoute,
  path: '/people/doubtful',
  staticData: { roles: readers },
}).lazy(() => import('./doubtful-screen.tsx').then(({ Route }) => Route));

const upgrades = createRoute({
  getParentRoute: () => rootRoute,
  path: '/people/upgrades',
  staticData: { roles: readers },
  validateSearch: z.object({ after: text }),
}).lazy(() => import('./upgrades-screen.tsx').then(({ Route }) => Route));

const receipt = createRoute({
  getParentRoute: () => rootRoute,
  path: '/receipts/$id',
  staticData: { roles: readers },
}).lazy(() => import('./receipt-screen.tsx').then(({ Route }) => Route));

export const peopleRoutes = [people, person, doubtful, upgrades, receipt] as const;
