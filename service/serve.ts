import { chmodSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { compose } from './compose.ts';
import { type Config, ConfigError } from './config.ts';
import { controlDoor } from './doors/control/index.ts';
import { listenPolicy } from './http/listen-policy.ts';
import { createServer } from './http/server.ts';
import { createStructuredLog } from './http/structured-log.ts';
import { readTlsFiles } from './http/tls-files.ts';
import { systemClock } from './lib/clock.ts';
import { createPublicServer } from './public-server.ts';
import { createRecurring } from './recurring.ts';

export interface Service {
  /** Where the doors answer: `http://127.0.0.1:7300`. */
  url: string;
  /** Lets running requests end, then closes everything. */
  stop(): Promise<void>;
}

export interface ServiceOutput {
  /** Takes a line of the log with its line break; standard error when absent. */
  logLine?: (line: string) => void;
}

/**
 * Composes the appliance, listens on the LAN port and on `DATA/control.sock`. The log goes to `output`, one JSON
 * object a line. Throws with a sentence for the operator; then nothing is left open.
 */
export async function serve(config: Config, output: ServiceOutput = {}): Promise<Service> {
  const policy = listenPolicy({
    host: config.host,
    tls: config.tlsCert !== undefined,
    insecureHttp: config.insecureHttp,
  });
  if (policy.is === 'refused') throw new ConfigError(policy.reason);
  const { tlsCert, tlsKey } = config;
  const tls =
    tlsCert !== undefined && tlsKey !== undefined
      ? readTlsFiles({ cert: tlsCert, key: tlsKey }, systemClock.now())
      : undefined;
  if (tls?.is === 'unusable') throw new ConfigError(tls.reason);
  const log = createStructuredLog({
    clock: systemClock,
    level: config.logLevel,
    write: output.logLine ?? ((line) => void process.stderr.write(line)),
  });
  if (policy.is === 'allowed-with-warning') log.warn({ host: config.host }, policy.warning);

  await using opened = new AsyncDisposableStack();
  const gatehouse = await compose(config, { log });
  opened.defer(() => gatehouse.close());

  const control = createServer({ ids: gatehouse.ids, log });
  opened.defer(() => control.close());
  await control.register(controlDoor, gatehouse);
  const socket = join(config.data, 'control.sock');
  // The writer lock is held: whoever made this file is gone.
  rmSync(socket, { force: true });
  await listenPrivately(() => control.listen({ path: socket }), socket);

  const doors = await createPublicServer(gatehouse, { ...config, ...(tls && { tls }) });
  opened.defer(() => doors.close());
  const url = await doors.listen({ host: config.host, port: config.port });

  const recurring = createRecurring({ log });
  opened.defer(() => recurring.stop());
  recurring.every('usage', 1_000, () => gatehouse.limits.flush());
  recurring.every('audit checkpoints', 1_000, () => gatehouse.auditLog.tend());
  recurring.every('retention', 60 * 60_000, () => gatehouse.retention.tend());
  recurring.every('backups', 60_000, () => gatehouse.backups.runDue());
  recurring.every('copies of the key store', 60_000, () => gatehouse.keyPlaces.sync());
  recurring.every('erasures', 60_000, () => gatehouse.erasure.retry());

  const everything = opened.move();
  return { url, stop: () => everything.disposeAsync() };
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
