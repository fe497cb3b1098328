import { QueryClient } from '@tanstack/react-query';
import { createRouter } from '@tanstack/react-router';
import { Refusal } from '../ui/refusal.ts';
import { Failed, NotFound } from './frame/lost-pages.tsx';
import { rootRoute } from './root-route.ts';
import './screen-data.ts';
import { screens } from './screens.ts';

const routeTree = rootRoute.addChildren(screens);

const isTransient = (error: unknown) =>
  error instanceof Refusal && (error.status === 0 || error.status >= 500);

// The box may be on this very machine, or in a network that the browser takes for none.
const networkMode = 'always';

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      networkMode,
      staleTime: 10_000,
      retry: (failures, error) => failures < 1 && isTransient(error),
      refetchOnWindowFocus: true,
    },
    mutations: { networkMode, retry: false },
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
