import multipart from '@fastify/multipart';
import type { FastifyPluginAsync } from 'fastify';
import { consentRoutes } from './consent-routes.ts';
import type { ControlDeps } from './control-deps.ts';
import { erasureRoutes } from './erasure-routes.ts';
import { controlErrors } from './errors.ts';
import { exportRoutes } from './export-routes.ts';
import { holdRoutes } from './hold-routes.ts';
import { retentionRoutes } from './retention-routes.ts';
import { subjectRoutes } from './subject-routes.ts';
import { unlockRoutes } from './unlock-routes.ts';

export type { ControlDeps } from './control-deps.ts';

/**
 * The appliance's own authority: everything the `gatehouse` command does to a data directory. It asks for no key, so it is
 * only ever put on the control socket (mode 0600) or called inside the CLI's own process, never on a TCP port.
 */
export const controlDoor: FastifyPluginAsync<ControlDeps> = async (app, deps) => {
  app.decorate('wireErrors', controlErrors);
  if (!app.hasContentTypeParser('multipart/form-data')) await app.register(multipart);
  app.get('/status', async () => deps.status());
  await app.register(subjectRoutes, deps);
  await app.register(unlockRoutes, deps);
  await app.register(erasureRoutes, deps);
  await app.register(consentRoutes, deps);
  await app.register(holdRoutes, deps);
  await app.register(retentionRoutes, deps);
  await app.register(exportRoutes, deps);
};
