import type { FastifyPluginAsync } from 'fastify';
import type { WireErrors } from '../../http/default-errors.ts';
import { defined } from '../../lib/defined.ts';
import type { AuthDeps } from './auth-deps.ts';
import { faceRoutes } from './face-routes.ts';
import { passkeyRoutes } from './passkey-routes.ts';
import { sessionRoutes } from './session-routes.ts';
import { setupRoutes } from './setup-routes.ts';
import { signInRoutes } from './sign-in-routes.ts';

export type { AuthDeps } from './auth-deps.ts';

/** `/api/auth/*` (contracts/identity.txt), `/api/v1/auth/login` (sessions.txt): how administrators sign in; `/api/setup`: the first of them. */
export const createAuthDoor =
  (deps: AuthDeps): FastifyPluginAsync =>
  async (app) => {
    app.decorate('wireErrors', wireErrors);
    // A call without fields needs no body.
    app.addHook('preValidation', async (request) => {
      if (request.body === undefined && request.routeOptions.schema?.body !== undefined) request.body = {};
    });
    signInRoutes(app, deps);
    passkeyRoutes(app, deps);
    faceRoutes(app, deps);
    sessionRoutes(app, deps);
    setupRoutes(app, deps);
  };

/** identity.txt: past the deadline, sign-in answers 403 "2FA enrollment required". */
const wireErrors: WireErrors = {
  SECOND_FACTOR_REQUIRED: {
    status: 403,
    // With it and a one-time code a factor can be enrolled.
    extra: ({ extra: { sessionToken } }) => defined({ sessionToken }),
  },
};
