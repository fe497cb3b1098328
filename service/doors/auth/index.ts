import type { FastifyPluginAsync } from 'fastify';
import type { Administrators } from '../../engine/administrators/index.ts';
import type { AdministratorTokens } from '../../engine/tokens/index.ts';
import { wireErrors } from './errors.ts';
import { sessionRoutes } from './session-routes.ts';
import { signInRoutes } from './sign-in-routes.ts';

export interface AuthDeps {
  administrators: Pick<
    Administrators,
    'signIn' | 'sessionOf' | 'sessionById' | 'signOut' | 'listSessions' | 'endSession'
  >;
  tokens: Pick<AdministratorTokens, 'issue'>;
}

/** `/api/auth/*` (contracts/identity.txt) and `/api/v1/auth/login` (sessions.txt): how administrators sign in. */
export const createAuthDoor =
  (deps: AuthDeps): FastifyPluginAsync =>
  async (app) => {
    app.decorate('wireErrors', wireErrors);
    // A call without fields needs no body.
    app.addHook('preValidation', async (request) => {
      if (request.body === undefined && request.routeOptions.schema?.body !== undefined) request.body = {};
    });
    signInRoutes(app, deps);
    sessionRoutes(app, deps);
  };
