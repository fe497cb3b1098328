import type { FastifyPluginAsync } from 'fastify';
import type { ControlDeps } from './control-deps.ts';

export type { ControlDeps } from './control-deps.ts';

/**
 * The appliance's own authority: everything the `gatehouse` command does to a data directory. It asks for no key, so it is
 * only ever put on the control socket (mode 0600) or called inside the CLI's own process, never on a TCP port.
 */
export const controlDoor: FastifyPluginAsync<ControlDeps> = async (app, deps) => {
  app.get('/status', async () => deps.status());
};
