import multipart from '@fastify/multipart';
import type { FastifyPluginAsync } from 'fastify';
import type { WireErrors } from '../../http/default-errors.ts';
import { defined } from '../../lib/defined.ts';
import { Problem } from '../../lib/problem.ts';
import { type AdminMount, controlMount } from './mount.ts';
import type { AdminRoute } from './route.ts';
import { type Seal, sealRoutes } from './seal.ts';

/** Further fields of an error after the analysis of a picture. */
const judged = ({ extra: { reason, verification, checkResults } }: Problem) =>
  defined({ reason, verificationId: verification, checkResults });

export const adminErrors: WireErrors = {
  DUPLICATE_IDENTITY: { status: 409, extra: ({ extra: { review } }) => defined({ review }) },
  APPROVAL_REQUIRED: { status: 403, extra: ({ extra: { approval } }) => defined({ approval }) },
  FACE_NOT_FOUND: { status: 422, extra: judged },
  SEVERAL_FACES: { status: 422, extra: judged },
  FACE_TOO_SMALL: { status: 422, extra: judged },
  FACE_QUALITY_REFUSED: { status: 422, extra: judged },
  REPLAYED_PICTURE: { status: 422, extra: judged },
  CHECK_FAILED: { status: 422, extra: judged },
  // The path names it.
  PROFILE_NOT_FOUND: { status: 404 },
};

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

const refuse = async (): Promise<never> => {
  throw new Problem('SEALED', 'The service is sealed: open it with "gatehouse unseal", then try again.');
};

/** The control socket before the master key is open: only the routes of the seal are served. */
export const createSealedControlDoor =
  (seal: Seal): FastifyPluginAsync =>
  async (app) => {
    app.decorate('wireErrors', adminErrors);
    await app.register(createDoor(sealRoutes(seal), controlMount({ get: refuse })));
    app.all('/*', { onRequest: refuse, handler: refuse });
  };
