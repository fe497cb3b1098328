import { chmodSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type BoxCertificate, boxCertificateOf } from '../certificate/box-certificate.ts';
import {
  type CertificateSource,
  certificateFiles,
  createServedCertificate,
} from '../certificate/served-certificate.ts';
import { type Config, ConfigError } from '../config.ts';
import { connectionLimitsFor } from '../http/listening/connections.ts';
import { listenOnHost } from '../http/listening/listen-on-host.ts';
import { isLoopback, listenPolicy } from '../http/listening/listen-policy.ts';
import { createOwnHosts } from '../http/listening/own-hosts.ts';
import type { createServer } from '../http/server.ts';
import { systemClock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import { openSocketPath } from '../lib/machine/socket-path.ts';
import { sourceOf as networkOf, siteOf } from '../lib/source.ts';

type Server = ReturnType<typeof createServer>;

export type Listening = Awaited<ReturnType<typeof prepareListening>>;

/** What both listeners need from the settings. Nothing listens yet. Throws ConfigError for settings that cannot be served. */
export async function prepareListening(config: Config, log: Log) {
  const { host, data } = config;
  const policy = listenPolicy(config);
  if (config.httpPort !== undefined && policy.is !== 'tls') {
    throw new ConfigError(
      '"httpPort" redirects to HTTPS, which this box does not serve: set "hostName", listen beyond loopback, or leave "httpPort" away.',
    );
  }
  if (config.mdns && isLoopback(host)) {
    throw new ConfigError(
      '"mdns" announces an address of the network, and this box listens on loopback only: set "host", or leave "mdns" away.',
    );
  }
  const boxCertificate = boxCertificateOf(config, { clock: systemClock, log });
  const certificate =
    policy.is === 'tls'
      ? createServedCertificate({ source: sourceOf(config, boxCertificate), log })
      : undefined;
  // One of the box itself is made and read while the data directory is held.
  if (config.tlsCert !== undefined) await certificate?.load();
  const hosts = createOwnHosts({
    listen: host,
    allowed: [...config.allowedHosts, ...namesOf(config)],
    certificate: certificate && (() => certificate.current().cert),
  });
  if (policy.is === 'plain-with-warning') log.warn({ host }, policy.warning);
  const socket = join(data, 'control.sock');
  return {
    certificate,
    boxCertificate,
    trust: {
      authority: () => (certificate?.isSelfIssued() ? boxCertificate.authority() : undefined),
    },
    hosts,
    connections: connectionBounds(),
    async listenControl(server: Server): Promise<void> {
      // This process holds the writer lock, so the process that made this file has ended.
      rmSync(socket, { force: true });
      // Node removes the socket by this path when the server is closed: it holds as long as the process.
      const { path } = openSocketPath(socket);
      await listenPrivately(() => server.listen({ path }), socket);
    },
    /** `port`: the one that was picked before, where any free one is asked for. */
    listenDoors(server: Server, port = config.port): Promise<string> {
      certificate?.serveOn(server.server);
      return listenOnHost(server, { host, port }, { log });
    },
  };
}

/** As announced, and as in the certificate of the box. */
const namesOf = ({ hostName }: Config): string[] =>
  hostName === undefined ? [] : [hostName, `${hostName.split('.', 1)[0]}.local`];

function sourceOf({ tlsCert: cert, tlsKey: key }: Config, box: BoxCertificate): CertificateSource {
  return cert !== undefined && key !== undefined ? certificateFiles({ cert, key }, systemClock, box) : box;
}

/** Those of the network leave descriptors for everything else; those of the control socket are this account's own. */
function connectionBounds() {
  try {
    return {
      doors: { limits: connectionLimitsFor(openFileLimit()), sourceOf: networkOf, siteOf },
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

/** Where the system does not say, as on Windows. */
const UNKNOWN = 8192;

/** Node's types lack what it has since version 22. */
type Report = NodeJS.ProcessReport & { excludeNetwork?: boolean };

/** Files and connections this process may have open at a time (RLIMIT_NOFILE, which Node raises to the hard limit at its start). */
export function openFileLimit(report: Report = process.report): number {
  const before = report.excludeNetwork ?? false;
  // A report looks up the names of peers; ours looks up nothing.
  report.excludeNetwork = true;
  try {
    const { userLimits } = report.getReport() as { userLimits?: { open_files?: { soft?: unknown } } };
    const soft = userLimits?.open_files?.soft;
    if (soft === 'unlimited') return Number.MAX_SAFE_INTEGER;
    return typeof soft === 'number' ? soft : UNKNOWN;
  } finally {
    report.excludeNetwork = before;
  }
}
