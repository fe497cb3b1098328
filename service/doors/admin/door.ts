import multipart from '@fastify/multipart';
import type { FastifyPluginAsync } from 'fastify';
import { adminErrors } from './errors.ts';
import type { AdminMount } from './mount.ts';
import type { AdminRoute } from './route.ts';

/** Bytes of a body that is no upload: a CA certificate is the largest thing in one. */
const BODY_LIMIT = 128 * 1024;

/** The plugin that registers these routes on one mount. */
export const createDoor =
  (routes: readonly AdminRoute[], mount: AdminMount): FastifyPluginAsync =>
  async (app) => {
    app.decorate('wireErrors', adminErrors);
    if (!app.hasContentTypeParser('multipart/form-data')) await app.register(multipart);
    // A call with only optional fields needs no body; otherwise the refusal names the missing fields.
    app.addHook('preValidation', async (request) => {
      if (request.body === undefined && request.routeOptions.schema?.body !== undefined) request.body = {};
    });
    const stopping = new AbortController();
    app.addHook('preClose', async () => stopping.abort());
    for (const route of routes) route.mount(app, mount, { stopping: stopping.signal, bodyLimit: BODY_LIMIT });
  };
