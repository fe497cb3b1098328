import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';

/** A way to a PostgreSQL that can be cut as a network is: nothing passes any more, and no side gets an error of it. */
export interface SilentWay {
  /** URL of a database by this way. */
  to(url: string): string;
  cut(): void;
  /** What waits passes then, as packets that are sent again. */
  mend(): void;
  /** Ends all connections, as a router that is restarted does, and so many new ones as soon as they are made. */
  refuse(connections: number): void;
  close(): void;
}

/** `folder`: of the socket of the server. */
export async function openSilentWay(folder: string): Promise<SilentWay> {
  const sockets = new Set<Socket>();
  let isCut = false;
  let refused = 0;
  const server = createServer({ pauseOnConnect: true }, (near) => {
    if (refused > 0) {
      refused--;
      near.destroy();
      return;
    }
    const far = connect(join(folder, '.s.PGSQL.5432'));
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(one);
      one.on('data', (bytes) => other.write(bytes));
      // An end waits for what was cut off before it, as every packet does.
      one.on('end', () => other.end());
      one.on('error', () => other.destroy());
      one.on('close', () => {
        sockets.delete(one);
        if (!isCut) other.destroy();
      });
      if (isCut) one.pause();
      else one.resume();
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;

  return {
    to(url) {
      const way = new URL(url);
      way.host = `127.0.0.1:${port}`;
      way.searchParams.delete('connect_timeout');
      return way.href;
    },
    cut() {
      isCut = true;
      for (const one of sockets) one.pause();
    },
    mend() {
      isCut = false;
      for (const one of sockets) one.resume();
    },
    refuse(connections) {
      refused = connections;
      for (const one of sockets) one.destroy();
    },
    close() {
      server.close();
      for (const one of sockets) one.destroy();
    },
  };
}
