import { createRoute } from '@tanstack/react-router';
import { z } from 'zod';
import { approvalStates } from '../../../../sdk/admin/values.ts';
import { rootRoute } from '../../root-route.ts';
import { readers } from '../../screen-data.ts';

const approvals = createRoute({
  getParentRoute: () => rootRoute,
  path: '/approvals',
  staticData: { roles: readers },
  validateSearch: z.object({
    state: z.enum(approvalStates).optional().catch(undefined),
    after: z.string().max(254).optional().catch(undefined),
  }),
}).lazy(() => import('./approvals-screen.tsx').then(({ Route }) => Route));

export const approvalRoutes = [approvals] as const;
