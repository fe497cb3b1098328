import { createRoute } from '@tanstack/react-router';
import { z } from 'zod';
import { rootRoute } from '../../root-route.ts';
import { managers, readers } from '../../screen-data.ts';
import { kioskStates } from './kiosk-state.ts';

const kiosks = createRoute({
  getParentRoute: () => rootRoute,
  path: '/kiosks',
  staticData: { roles: readers },
  validateSearch: z.object({ state: z.enum(kioskStates).optional().catch(undefined) }),
}).lazy(() => import('./kiosks-screen.tsx').then(({ Route }) => Route));

const pairKiosk = createRoute({
  getParentRoute: () => rootRoute,
  path: '/kiosks/pair',
  staticData: { roles: managers },
}).lazy(() => import('./pair-kiosk-screen.tsx').then(({ Route }) => Route));

export const kioskRoutes = [kiosks, pairKiosk] as const;
