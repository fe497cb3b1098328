import { createRoute } from '@tanstack/react-router';
import { z } from 'zod';
import { families } from '../../../../sdk/admin/values.ts';
import { rootRoute } from '../../root-route.ts';
import { managers, readers } from '../../screen-data.ts';
import { DeliverySearch } from './deliveries/delivery-search.ts';

const webhooks = createRoute({
  getParentRoute: () => rootRoute,
  path: '/webhooks',
  staticData: { roles: readers },
  validateSearch: z.object({
    product: z.enum(families).optional().catch(undefined),
    after: z.string().max(254).optional().catch(undefined),
  }),
}).lazy(() => import('./webhooks-screen.tsx').then(({ Route }) => Route));

const newWebhook = createRoute({
  getParentRoute: () => rootRoute,
  path: '/webhooks/new',
  staticData: { roles: managers },
}).lazy(() => import('./form/new-webhook-screen.tsx').then(({ Route }) => Route));

const verify = createRoute({
  getParentRoute: () => rootRoute,
  path: '/webhooks/verify',
  staticData: { roles: readers },
}).lazy(() => import('./verify-screen.tsx').then(({ Route }) => Route));

/** `delivery`: the one beside the list. */
const webhook = createRoute({
  getParentRoute: () => rootRoute,
  path: '/webhooks/$id',
  staticData: { roles: readers },
  validateSearch: DeliverySearch,
}).lazy(() => import('./webhook-screen.tsx').then(({ Route }) => Route));

const change = createRoute({
  getParentRoute: () => rootRoute,
  path: '/webhooks/$id/change',
  staticData: { roles: managers },
}).lazy(() => import('./form/change-webhook-screen.tsx').then(({ Route }) => Route));

const delivery = createRoute({
  getParentRoute: () => rootRoute,
  path: '/webhooks/$id/deliveries/$delivery',
  staticData: { roles: readers },
}).lazy(() => import('./deliveries/delivery-screen.tsx').then(({ Route }) => Route));

export const webhookRoutes = [webhooks, newWebhook, verify, webhook, change, delivery] as const;
