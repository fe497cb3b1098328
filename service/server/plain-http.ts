import type { Config } from '../config.ts';
import { createTrustDoor, type TrustDeps } from '../doors/trust/index.ts';
import { createRedirectDoor } from '../doors/trust/redirect.ts';
import { sourceOf } from '../engine/limits/index.ts';
import { listenOnHost } from '../http/listening/listen-on-host.ts';
import type { OwnHosts } from '../http/listening/own-hosts.ts';
import { createServer } from '../http/server.ts';
import type { Ids } from '../lib/id.ts';
import type { Log } from '../lib/log.ts';

export interface PlainHttpDeps {
  hosts: OwnHosts;
  trust: TrustDeps;
  /** HTTPS port of the doors. */
  httpsPort: () => number;
  ids: Ids;
  log: Log;
}

/** Few, and short: pages of a few kilobytes. */
const limits = { total: 64, perAddress: 16 };

/** The listener of `httpPort`: `/trust`, and a redirect to HTTPS for everything else. */
export async function listenOnPlainHttp(
  { host, trustedProxies }: Pick<Config, 'host' | 'trustedProxies'>,
  port: number,
  { hosts, trust, httpsPort, ids, log }: PlainHttpDeps,
): Promise<{ port: number; close(): Promise<void> }> {
  const app = createServer({ ids, log, hosts, trustedProxies, connections: { limits, sourceOf } });
  await app.register(createTrustDoor(trust));
  await app.register(createRedirectDoor({ port: httpsPort }));
  try {
    const url = await listenOnHost(app, { host, port }, { log });
    return { port: Number(new URL(url).port) || 80, close: () => app.close() };
  } catch (error) {
    await app.close();
    throw error;
  }
}
