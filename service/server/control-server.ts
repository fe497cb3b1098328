import type { Gatehouse } from '../compose/compose.ts';
import { type AdminDeps, createControlAdminDoor } from '../doors/admin/index.ts';
import { createServer, type ServerDeps } from '../http/server.ts';
import { defined } from '../lib/defined.ts';

/** The server of the control socket, not listening yet: everything that the `gatehouse` command does to a data directory. */
export async function createControlServer(
  gatehouse: AdminDeps & Pick<Gatehouse, 'ids' | 'position'>,
  { log, connections }: Pick<ServerDeps, 'log' | 'connections'>,
): Promise<ReturnType<typeof createServer>> {
  const app = createServer({
    ids: gatehouse.ids,
    position: gatehouse.position,
    log,
    // A backup or an erasure takes minutes before it answers; only the operator can open this socket.
    limits: { silent: 0 },
    ...defined({ connections }),
  });
  await app.register(createControlAdminDoor(gatehouse));
  return app;
}
