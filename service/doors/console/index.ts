import type { FastifyPluginAsync } from 'fastify';
import { alertRoutes } from './alert-routes.ts';
import type { ConsoleDeps } from './console-deps.ts';
import { bodyLimit } from './wire.ts';

export type { ConsoleDeps };

/** `/api/admin/*`: what the console uses, for a key with the scope `admin`, in the key's own organization and world. */
export function createConsoleDoor(deps: ConsoleDeps): FastifyPluginAsync {
  return async (app) => {
    // A call whose fields can all be left out needs no body; one that lacks fields is told which.
    app.addHook('preValidation', async (request) => {
      if (request.body === undefined && request.routeOptions.schema?.body !== undefined) request.body = {};
    });
    app.addHook('onRoute', (route) => {
      route.bodyLimit = bodyLimit;
    });
    await app.register(alertRoutes, deps);
  };
}
