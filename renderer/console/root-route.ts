import type { QueryClient } from '@tanstack/react-query';
import { createRootRouteWithContext, redirect, retainSearchParams } from '@tanstack/react-router';
import { z } from 'zod';
import { Failed, NotFound } from './frame/lost-pages.tsx';
import { Root } from './frame/root.tsx';
import { sessionQuery } from './session/session-query.ts';

/** World of trials; absent: the world of real people. In the address of every screen, so that a link says which world it shows. */
const RootSearch = z.object({ env: z.literal('test').optional().catch(undefined) });

export const rootRoute = createRootRouteWithContext<{ queryClient: QueryClient }>()({
  validateSearch: RootSearch,
  search: { middlewares: [retainSearchParams(['env'])] },
  async beforeLoad({ context, location, matches }) {
    if (matches.some((match) => match.staticData.open)) return;
    const session = await context.queryClient.ensureQueryData(sessionQuery);
    if (session === null) throw redirect({ href: `/sign-in?to=${encodeURIComponent(location.href)}` });
    if (session.limitedTo === 'enrollment' && location.pathname !== '/add-passkey')
      throw redirect({ href: '/add-passkey' });
  },
  component: Root,
  notFoundComponent: NotFound,
  errorComponent: Failed,
});
