import type { EventEmitter } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type { Log } from '../lib/log.ts';

/** Milliseconds that a stop waits for the withdrawal to be sent. */
const LONGEST_STOP = 1_000;

export interface Announced {
  /** The name by which clients reach the box. */
  hostName: string;
  port: number;
}

/**
 * Announces the box in the local network (mDNS, DNS-SD: `_https._tcp`) under the first label of its host name, with `.local`, and nothing
 * else: no version, no organization. What fails is logged; the box serves all the same. Resolve `stop` before the process ends: it
 * withdraws the announcement.
 */
export async function announce(
  { hostName, port }: Announced,
  log: Pick<Log, 'info' | 'warn'>,
): Promise<{ stop(): Promise<void> }> {
  const { Bonjour } = await import('bonjour-service');
  const label = hostName.split('.', 1)[0]!;
  const host = `${label}.local`;
  const failed = (error: Error) =>
    log.warn({ err: error }, 'the box cannot be announced in the local network');
  const bonjour = new Bonjour({}, failed);
  // An error event that has no listener would end the process.
  (bonjour as unknown as { server: { mdns: EventEmitter } }).server.mdns.on('error', failed);
  // Without a probe: on a conflict the library writes to standard output.
  bonjour.publish({
    name: `Gatehouse ${label}`,
    type: 'https',
    port,
    host,
    txt: { path: '/' },
    probe: false,
  });
  log.info({ host, port }, 'announced in the local network');
  return {
    async stop() {
      const withdrawn = new Promise<void>((resolve) => void bonjour.unpublishAll(() => resolve()));
      await Promise.race([withdrawn, delay(LONGEST_STOP, undefined, { ref: false })]);
      bonjour.destroy();
    },
  };
}
