import { createRoute } from '@tanstack/react-router';
import { z } from 'zod';
import { rootRoute } from '../../root-route.ts';
import { auditors } from '../../screen-data.ts';

const day = z
  .string()
  .regex(/^\d{4}-\d\d-\d\d$/)
  .optional()
  .catch(undefined);

const audit = createRoute({
  getParentRoute: () => rootRoute,
  path: '/audit',
  staticData: { roles: auditors },
  validateSearch: z.object({
    action: z
      .string()
      .regex(/^[a-z-]{1,40}(\.[a-z-]{1,40}){1,2}$/)
      .optional()
      .catch(undefined),
    person: z
      .string()
      .regex(/^sub_[0-9a-z]{26}$/)
      .optional()
      .catch(undefined),
    actor: z
      .string()
      .regex(/^(administrator|appliance|key|kiosk|operator)(:[A-Za-z0-9_.\\/-]{1,120})?$/)
      .optional()
      .catch(undefined),
    from: day,
    until: day,
    after: z.string().max(254).optional().catch(undefined),
  }),
}).lazy(() => import('./audit-screen.tsx').then(({ Route }) => Route));

export const auditRoutes = [audit] as const;
