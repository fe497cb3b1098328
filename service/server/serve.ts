import { chmodSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createServedCertificate } from '../certificate/served-certificate.ts';
import { compose, type Gatehouse } from '../compose/compose.ts';
import { type Config, ConfigError } from '../config.ts';
import { keyStoreAdvice } from '../data-directory/database-place.ts';
import { sourceOf } from '../engine/limits/index.ts';
import { connectionLimitsFor } from '../http/listening/connection-limits.ts';
import { listenOnHost } from '../http/listening/listen-on-host.ts';
import { listenPolicy } from '../http/listening/listen-policy.ts';
import { createOwnHosts } from '../http/listening/own-hosts.ts';
import type { createServer } from '../http/server.ts';
import { createStructuredLog } from '../http/structured-log.ts';
import { systemClock } from '../lib/clock.ts';
import { createIds } from '../lib/id.ts';
import { productVersion } from '../lib/version.ts';
import type { Unlock } from '../storage/master/open-master.ts';
import { warnWithoutConsent } from './consent-warning.ts';
import { createControlServer } from './control-server.ts';
import { openFileLimit } from './open-files.ts';
import { createPublicServer } from './public-server.ts';
import { createRecurring } from './recurring.ts';
import { createSealedServers, type SealedServers, type Unsealing } from './sealed-servers.ts';

export interface Service {
  /** Where the doors answer: `http://127.0.0.1:7300`. */
  url: string;
  /** Lets running requests end, then closes everything. */
  stop(): Promise<void>;
}

export interface ServiceOutput {
  /** Takes a line of the log with its line break; standard error when absent. */
  logLine?: (line: string) => void;
  /** It listens, but waits for the passphrase of the master key. */
  sealed?: (url: string) => void;
}

/**
 * Composes the appliance, listens on the LAN port and on `DATA/control.sock`. The log goes to `output`, one JSON
 * object a line. Throws with a sentence for the operator; then nothing is left open.
 *
 * Where a passphrase protects the master key and no file holds it, both are listened on at once, answer SEALED, and can be opened
 * (`gatehouse unseal`); `until` ends that wait with StoppedWhileSealed.
 */
export async function serve(
  config: Config,
  output: ServiceOutput = {},
  until: AbortSignal = new AbortController().signal,
): Promise<Service> {
  const policy = listenPolicy({
    host: config.host,
    tls: config.tlsCert !== undefined,
    insecureHttp: config.insecureHttp,
  });
  if (policy.is === 'refused') throw new ConfigError(policy.reason);
  const log = createStructuredLog({
    clock: systemClock,
    level: config.logLevel,
    write: output.logLine ?? ((line) => void process.stderr.write(line)),
  });
  const { tlsCert: cert, tlsKey: key } = config;
  const certificate =
    cert !== undefined && key !== undefined
      ? createServedCertificate({ paths: { cert, key }, clock: systemClock, log })
      : undefined;
  const hosts = createOwnHosts({
    listen: config.host,
    allowed: config.allowedHosts,
    certificate: certificate && (() => certificate.current().cert),
  });
  if (policy.is === 'allowed-with-warning') log.warn({ host: config.host }, policy.warning);
  const advice = keyStoreAdvice(config);
  if (advice !== undefined) log.warn({}, advice);

  const connections = connectionBounds();
  const socket = join(config.data, 'control.sock');
  const listenControl = async (server: Server) => {
    // The writer lock is held: whoever made this file is gone.
    rmSync(socket, { force: true });
    await listenPrivately(() => server.listen({ path: socket }), socket);
  };
  const listenDoors = (server: Server) => {
    certificate?.serveOn(server.server);
    return listenOnHost(server, config, { log });
  };

  await using opened = new AsyncDisposableStack();
  let sealed: SealedServers | undefined;
  let unsealing: Unsealing | undefined;
  const unlock: Unlock = async (open) => {
    sealed = await createSealedServers({
      version: productVersion(),
      clock: systemClock,
      ids: createIds(systemClock),
      log,
      ...(certificate && { tls: certificate.current() }),
      trustedProxies: config.trustedProxies,
      hosts,
      connections,
      listenControl,
      listenDoors,
    });
    log.warn({}, 'the service is sealed: open it with "gatehouse unseal"');
    output.sealed?.(sealed.url);
    unsealing = await sealed.opened(open, until);
  };
  let gatehouse: Gatehouse;
  try {
    gatehouse = await compose(config, { log, unlock, certificate });
  } catch (error) {
    if (unsealing) await sealed?.failed(error);
    await sealed?.close();
    throw error;
  }
  opened.defer(() => gatehouse.close());
  const before = sealed;
  if (before) opened.defer(() => before.close());
  if (unsealing) await gatehouse.custody.unsealed(unsealing);
  await warnWithoutConsent({ ...gatehouse, log });

  const control = await createControlServer(gatehouse, { log, connections: connections.control });
  opened.defer(() => control.close());
  const doors = await createPublicServer(gatehouse, {
    ...config,
    hosts,
    connections: connections.doors,
    ...(certificate && { tls: certificate.current() }),
  });
  opened.defer(() => doors.close());
  let url: string;
  if (before) {
    await before.handOver({ doors, control });
    url = before.url;
  } else {
    await listenControl(control);
    url = await listenDoors(doors);
  }
  const { port, protocol } = new URL(url);
  gatehouse.boardLinks.serveAt(url);
  gatehouse.listens(Number(port) || (protocol === 'https:' ? 443 : 80));

  const recurring = createRecurring({ log });
  opened.defer(() => recurring.stop());
  recurring.every('usage', 1_000, () => gatehouse.limits.flush());
  // Beside the job of that name: after 1,000 lines at once, and also while a Redis that carries the jobs is away.
  recurring.every('audit checkpoints', 1_000, () => gatehouse.auditLog.tend());
  opened.defer(() => gatehouse.standingJobs.settled());
  opened.defer(() => gatehouse.jobs.stop());
  await gatehouse.jobs.start();
  opened.defer(() => gatehouse.relay.stop());
  gatehouse.relay.start();

  const everything = opened.move();
  return { url, stop: () => everything.disposeAsync() };
}

type Server = ReturnType<typeof createServer>;

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
