import type { FastifyPluginAsync } from 'fastify';
import { Problem } from '../../lib/problem.ts';
import { createDoor } from './door.ts';
import { adminErrors } from './errors.ts';
import { controlMount } from './mount.ts';
import { type Seal, sealRoutes } from './seal.ts';

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
