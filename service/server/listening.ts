import { chmodSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createServedCertificate } from '../certificate/served-certificate.ts';
import { type Config, ConfigError } from '../config.ts';
import { sourceOf } from '../engine/limits/index.ts';
import { connectionLimitsFor } from '../http/listening/connection-limits.ts';
import { listenOnHost } from '../http/listening/listen-on-host.ts';
import { listenPolicy } from '../http/listening/listen-policy.ts';
import { createOwnHosts } from '../http/listening/own-hosts.ts';
import type { createServer } from '../http/server.ts';
import { systemClock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import { openFileLimit } from './open-files.ts';

type Server = ReturnType<typeof createServer>;

export type Listening = ReturnType<typeof prepareListening>;

/** What both listeners need from the settings. Nothing listens yet. Throws ConfigError for settings that cannot be served. */
export function prepareListening(config: Config, log: Log) {
  const { host, data, tlsCert: cert, tlsKey: key } = config;
  const policy = listenPolicy({ host, tls: cert !== undefined, insecureHttp: config.insecureHttp });
  if (policy.is === 'refused') throw new ConfigError(policy.reason);
  const certificate =
    cert !== undefined && key !== undefined
      ? createServedCertificate({ paths: { cert, key }, clock: systemClock, log })
      : undefined;
  const hosts = createOwnHosts({
    listen: host,
    allowed: config.allowedHosts,
    certificate: certificate && (() => certificate.current().cert),
  });
  if (policy.is === 'allowed-with-warning') log.warn({ host }, policy.warning);
  const socket = join(data, 'control.sock');
  return {
    certificate,
    hosts,
    connections: connectionBounds(),
    async listenControl(server: Server): Promise<void> {
      // The writer lock is held: the process that made this file is gone.
      rmSync(socket, { force: true });
      await listenPrivately(() => server.listen({ path: socket }), socket);
    },
    listenDoors(server: Server): Promise<string> {
      certificate?.serveOn(server.server);
      return listenOnHost(server, config, { log });
    },
  };
}

/** Those of the network leave descriptors for everything else; those of the control socket are this account's own. */
function connectionBounds() {
  try {
    return {
      doors: { limits: connectionLimitsFor(openFileLimit()), sourceOf },
      control: { limits: { total: 64, perAddress: 64 }, sourceOf: () => 'this account' },
    };
  } catch (error) {
    throw error instanceof RangeError ? new ConfigError(error.message) : error;
  }
}

/** From its first moment on, only this account may open the socket. */
async function listenPrivately(listen: () => Promise<unknown>, socket: string): Promise<void> {
  const before = process.umask(0o177);
  try {
    await listen();
  } finally {
    process.umask(before);
  }
  chmodSync(socket, 0o600);
}
