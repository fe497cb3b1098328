import { createRoute } from '@tanstack/react-router';
import { z } from 'zod';
import { rootRoute } from '../../root-route.ts';

/** `to`: where the reader wanted to go; only a place of the console. */
const SignInSearch = z.object({
  to: z
    .string()
    .regex(/^\/(?![/\\])/)
    .optional()
    .catch(undefined),
});

const signIn = createRoute({
  getParentRoute: () => rootRoute,
  path: '/sign-in',
  staticData: { open: true },
  validateSearch: SignInSearch,
}).lazy(() => import('./sign-in-screen.tsx').then(({ Route }) => Route));

const addPasskey = createRoute({
  getParentRoute: () => rootRoute,
  path: '/add-passkey',
  validateSearch: SignInSearch,
}).lazy(() => import('./add-passkey-screen.tsx').then(({ Route }) => Route));

export const signInRoutes = [signIn, addPasskey] as const;
