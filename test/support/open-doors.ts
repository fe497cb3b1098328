import type { FastifyPluginAsync } from 'fastify';
import { createServer, type ServerDeps } from '../../service/http/server.ts';
import { openWebSockets } from '../../service/http/web-sockets.ts';
import { silentLog } from '../../service/lib/log.ts';
import type { Engine } from './engine.ts';

/** The LAN port of a box with these doors alone: to register all of them takes a fifth to a third of a second of a processor. */
export async function openDoors(
  engine: Pick<Engine, 'ids' | 'limits' | 'idempotency'>,
  callers: Pick<ServerDeps, 'access' | 'sessions' | 'kiosks' | 'persons' | 'hosts' | 'metrics'>,
  doors: readonly FastifyPluginAsync[],
): Promise<ReturnType<typeof createServer>> {
  const { ids, limits, idempotency } = engine;
  const app = createServer({ ...callers, ids, admission: limits, repeats: idempotency, log: silentLog });
  await openWebSockets(app);
  for (const door of doors) await app.register(door);
  await app.ready();
  return app;
}
