import { join } from 'node:path';
import { createHelpDoor } from '../doors/help/index.ts';
import { createNotOpenDoor, type NotOpenDoorDeps } from '../doors/meta/not-open.ts';
import type { OwnHosts } from '../http/listening/own-hosts.ts';
import { createServer, type ServerDeps } from '../http/server.ts';
import { defined } from '../lib/defined.ts';
import type { Ids } from '../lib/id.ts';
import type { Log } from '../lib/log.ts';
import { productRoot } from '../lib/product-root.ts';

type Server = ReturnType<typeof createServer>;

export interface WaitingDoorsDeps extends NotOpenDoorDeps {
  ids: Ids;
  log: Log;
  tls?: NonNullable<ServerDeps['tls']>;
  trustedProxies: readonly string[];
  hosts: OwnHosts;
  connections: Record<'doors' | 'control', NonNullable<ServerDeps['connections']>>;
  listenDoors(server: Server, port?: number): Promise<string>;
}

/** The server of the LAN port until the doors are open; not listening yet. */
export async function createWaitingDoors(deps: WaitingDoorsDeps): Promise<Server> {
  const { version, ids, log, tls, trustedProxies, hosts, connections } = deps;
  const doors = createServer({
    ids,
    log,
    trustedProxies,
    hosts,
    connections: connections.doors,
    // The keys are not read yet, and the answers reveal nothing else.
    knowsOrigin: async () => true,
    ...defined({ tls }),
  });
  // To open or to restore the box, the documents may be needed now.
  await doors.register(createHelpDoor({ folder: join(productRoot(), 'dist/renderer/help'), version }));
  await doors.register(createNotOpenDoor(deps));
  return doors;
}

/** Answers on the LAN port while the service starts. */
export interface StartingDoors {
  url: string;
  /** Listens on the same port in their place. Between the two a connection may be refused, for some milliseconds. */
  makeWay(doors: Server): Promise<string>;
  close(): Promise<void>;
}

export async function openStartingDoors(deps: Omit<WaitingDoorsDeps, 'stage'>): Promise<StartingDoors> {
  const waiting = await createWaitingDoors({ ...deps, stage: () => 'starting' });
  let url: string;
  try {
    url = await deps.listenDoors(waiting);
  } catch (error) {
    await waiting.close();
    throw error;
  }
  /** Its callers got their answer or are to ask again: what is half sent holds nothing up. */
  let closed: Promise<void> | undefined;
  async function end(): Promise<void> {
    waiting.server.close();
    waiting.server.closeAllConnections();
    await waiting.close();
  }
  const close = () => (closed ??= end());
  return {
    url,
    makeWay(doors) {
      // The last that runs before it listens.
      doors.addHook('onReady', close);
      const port = Number(new URL(url).port);
      return deps.listenDoors(doors, port === 0 ? undefined : port);
    },
    close,
  };
}
