import { createRoute } from '@tanstack/react-router';
import { z } from 'zod';
import { roles } from '../../../../sdk/admin/values.ts';
import type { Role } from '../../api/auth.ts';
import { rootRoute } from '../../root-route.ts';

const reviewers: readonly Role[] = ['owner', 'auditor'];

const administrators = createRoute({
  getParentRoute: () => rootRoute,
  path: '/administrators',
  staticData: { roles: reviewers },
  validateSearch: z.object({
    role: z.enum(roles).optional().catch(undefined),
    state: z.enum(['active', 'disabled', 'no-factor', 'never']).optional().catch(undefined),
    find: z.string().max(254).optional().catch(undefined),
  }),
}).lazy(() => import('./administrators-screen.tsx').then(({ Route }) => Route));

const newAdministrator = createRoute({
  getParentRoute: () => rootRoute,
  path: '/administrators/new',
  staticData: { roles: ['owner'] },
}).lazy(() => import('./new-administrator-screen.tsx').then(({ Route }) => Route));

export const administratorRoutes = [administrators, newAdministrator] as const;
