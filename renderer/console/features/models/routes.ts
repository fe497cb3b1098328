import { createRoute } from '@tanstack/react-router';
import { rootRoute } from '../../root-route.ts';

const models = createRoute({
  getParentRoute: () => rootRoute,
  path: '/models',
  staticData: { appliance: true },
}).lazy(() => import('./models-screen.tsx').then(({ Route }) => Route));

const model = createRoute({
  getParentRoute: () => rootRoute,
  path: '/models/$id',
  staticData: { appliance: true },
}).lazy(() => import('./model-screen.tsx').then(({ Route }) => Route));

export const modelRoutes = [models, model] as const;
