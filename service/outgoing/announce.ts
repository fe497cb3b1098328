import { createSocket, type Socket } from 'node:dgram';
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
  // Its types leave out what it hands on to multicast-dns.
  const options: object = { socket: boundQuestions(createSocket({ type: 'udp4', reuseAddr: true })) };
  const bonjour = new Bonjour(options, failed);
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

/** Bytes of a datagram that is read: what a network passes on in one piece. Names in a larger one can point to each other for a second. */
const DATAGRAM = 1_500;
/** Of one datagram; each is answered by a message to all. */
const QUESTIONS = 16;
/** Datagrams a second. */
const PACE = 20;

/** The library answers all that anyone in the network asks, at once: it is given no more than clients ask, and no answers of others. */
function boundQuestions(socket: Socket): Socket {
  const emit = socket.emit.bind(socket);
  let second = 0;
  let taken = 0;
  const isTaken = (datagram: Buffer): boolean => {
    const isQuery = datagram.length >= 12 && (datagram[2]! & 0x80) === 0;
    if (!isQuery || datagram.length > DATAGRAM || datagram.readUInt16BE(4) > QUESTIONS) return false;
    const now = Math.floor(performance.now() / 1_000);
    if (now !== second) [second, taken] = [now, 0];
    taken += 1;
    return taken <= PACE;
  };
  socket.emit = (event: string | symbol, ...given: unknown[]) =>
    (event !== 'message' || isTaken(given[0] as Buffer)) && emit(event as 'message', ...(given as never[]));
  return socket;
}
