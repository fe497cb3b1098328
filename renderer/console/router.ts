import { QueryClient } from '@tanstack/react-query';
import { createRouter } from '@tanstack/react-router';
import { Refusal } from '../ui/refusal.ts';
import { administratorRoutes } from './features/administrators/routes.ts';
import { alertRoutes } from './features/alerts/routes.ts';
import { approvalRoutes } from './features/approvals/routes.ts';
import { auditRoutes } from './features/audit/routes.ts';
import { backupRoutes } from './features/backups/routes.ts';
import { behaviorRoutes } from './features/behavior/routes.ts';
import { destinationRoutes } from './features/destinations/routes.ts';
import { enrollRoutes } from './features/enroll/routes.ts';
import { evidenceRoutes } from './features/evidence/routes.ts';
import { flowRoutes } from './features/flows/routes.ts';
import { importRoutes } from './features/import/routes.ts';
import { jobRoutes } from './features/jobs/routes.ts';
import { keyRoutes } from './features/keys/routes.ts';
import { kioskRoutes } from './features/kiosks/routes.ts';
import { modelRoutes } from './features/models/routes.ts';
import { overviewRoutes } from './features/overview/routes.ts';
import { peopleRoutes } from './features/people/routes.ts';
import { profileRoutes } from './features/profiles/routes.ts';
import { reviewRoutes } from './features/review/routes.ts';
import { securityRoutes } from './features/security/routes.ts';
import { sessionRoutes } from './features/sessions/routes.ts';
import { settingsRoutes } from './features/settings/routes.ts';
import { setupRoutes } from './features/setup/routes.ts';
import { signInRoutes } from './features/sign-in/routes.ts';
import { sitesRoutes } from './features/sites/routes.ts';
import { uniquenessRoutes } from './features/uniqueness/routes.ts';
import { verificationRoutes } from './features/verifications/routes.ts';
import { webhookRoutes } from './features/webhooks/routes.ts';
import { Failed, NotFound } from './frame/lost-pages.tsx';
import { rootRoute } from './root-route.ts';
import './screen-data.ts';

/** Every screen: one line for each feature, in the order of the alphabet. */
const routeTree = rootRoute.addChildren([
  ...backupRoutes,
  ...behaviorRoutes,
  ...destinationRoutes,
  ...enrollRoutes,
  ...evidenceRoutes,
  ...administratorRoutes,
  ...alertRoutes,
  ...approvalRoutes,
  ...auditRoutes,
  ...flowRoutes,
  ...jobRoutes,
  ...keyRoutes,
  ...kioskRoutes,
  ...modelRoutes,
  ...overviewRoutes,
  ...importRoutes,
  ...peopleRoutes,
  ...profileRoutes,
  ...reviewRoutes,
  ...securityRoutes,
  ...settingsRoutes,
  ...setupRoutes,
  ...signInRoutes,
  ...sitesRoutes,
  ...uniquenessRoutes,
  ...verificationRoutes,
  ...sessionRoutes,
  ...webhookRoutes,
]);

const isTransient = (error: unknown) =>
  error instanceof Refusal && (error.status === 0 || error.status >= 500);

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 10_000,
      retry: (failures, error) => failures < 1 && isTransient(error),
      refetchOnWindowFocus: true,
    },
    mutations: { retry: false },
  },
});

export const router = createRouter({
  routeTree,
  basepath: '/console',
  context: { queryClient },
  defaultPreload: 'intent',
  defaultPreloadStaleTime: 0,
  defaultNotFoundComponent: NotFound,
  defaultErrorComponent: Failed,
  scrollRestoration: true,
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
