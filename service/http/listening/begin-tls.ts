import type { Server } from 'node:https';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { plainPage, plainPagePolicy } from '../pages/plain-page.ts';

/** First bytes of a request of plain HTTP; those of TLS are a record of a handshake, 22. */
const method = /^[A-Z]{3,8} /;
/** Bytes of a head that are read for the answer; a browser's is shorter. */
const LONGEST_HEAD = 16 * 1024;

export interface PlainRequest {
  acceptsHtml: boolean;
  acceptLanguage: string | undefined;
  /** The same address over HTTPS; absent where the host is no name or address. */
  to: string | undefined;
}

export interface BeginTlsDeps {
  /** Milliseconds that a connection may send nothing. */
  patience: number;
  /** Waits until a handshake of this address may begin; false where too many of it wait. */
  inTurn(address: string): Promise<boolean>;
  /** Counts so many more handshakes of this address: the next ones wait for them. */
  charge(address: string, handshakes: number): void;
  note(socket: Socket): void;
  refuse(socket: Socket): void;
}

/**
 * Begins what comes to a port of HTTPS: handshakes at a pace, and plain HTTP is answered with where to go: a browser gets a page, a program
 * what `refuse` sends. Nothing of it is done, and no more of it is read than its first packet.
 */
export function beginTls(server: Server, { patience, inTurn, charge, note, refuse }: BeginTlsDeps): void {
  const toTls = server.listeners('connection').find(({ name }) => name === 'tlsConnectionListener');
  if (!toTls) throw new Error('This Node begins TLS in another way.');
  server.removeListener('connection', toTls as () => void);
  boundRecords(server, charge);
  server.on('connection', (socket: Socket) => {
    if (socket.destroyed) return;
    const fail = () => socket.destroy();
    socket.on('error', fail);
    socket.setTimeout(patience, fail);
    socket.once('data', (first: Buffer) => {
      socket.removeListener('timeout', fail);
      socket.setTimeout(0);
      socket.pause();
      if (!method.test(first.subarray(0, 9).toString('latin1'))) {
        socket.unshift(first);
        void inTurn(socket.remoteAddress ?? '').then((may) => {
          if (!may) socket.destroy();
          if (socket.destroyed) return;
          socket.removeListener('error', fail);
          toTls.call(server, socket);
        });
        return;
      }
      note(socket);
      const request = readHead(first.subarray(0, LONGEST_HEAD).toString('latin1'));
      if (request.acceptsHtml) sendPage(socket, request);
      else refuse(socket);
    });
  });
}

/** Bytes of TLS beside what they carry that a connection may send, and how many more a second: a handshake has a few thousand. */
const NOTHING_CARRIED = { most: 64 * 1024, perSecond: 1024, free: 16 * 1024 };
/** Bytes of TLS that go with each byte that is carried: records of ordinary requests and frames have no more. */
const OF_CARRIED = 1 / 4;
/** Bytes of records that carry nothing which cost the thread as much as a handshake (4 ms). */
const OF_HANDSHAKE = 10 * 1024;
/** Milliseconds between two looks at all connections, where the thread is busy; otherwise four times as many. */
const LOOK = 250;

/** What came on a connection that carried nothing. */
interface Records {
  raw: Socket;
  address: string;
  /** Of the last look. */
  at: number;
  taken: number;
  carried: number;
  /** Bytes beyond what is allowed; what was carried saves nothing up for later. */
  beyond: number;
}

/**
 * Closes connections on which much comes that carries nothing, such as updates of keys (RFC 8446, 4.6.3): each costs the thread ten
 * microseconds, and no event is emitted. What was sent counts as handshakes of its address.
 */
function boundRecords(server: Server, charge: BeginTlsDeps['charge']): void {
  const open = new Map<TLSSocket, Records>();
  function look(secure: TLSSocket, records: Records, now: number): number {
    const { raw, at, taken, carried } = records;
    const more = raw.bytesRead - taken - (1 + OF_CARRIED) * (secure.bytesRead - carried);
    const allowed = ((now - at) / 1000) * NOTHING_CARRIED.perSecond;
    records.beyond = Math.max(0, records.beyond + more - allowed);
    Object.assign(records, { at: now, taken: raw.bytesRead, carried: secure.bytesRead });
    return records.beyond;
  }
  server.on('secureConnection', (secure: TLSSocket) => {
    const raw = (secure as { _parent?: Socket })._parent;
    if (!raw) throw new Error('This Node begins TLS in another way.');
    const address = raw.remoteAddress ?? '';
    const records = { raw, address, at: performance.now(), taken: 0, carried: 0, beyond: 0 };
    open.set(secure, records);
    // Afterwards the connection no longer knows what came on it.
    const destroy = secure._destroy;
    secure._destroy = function (...given) {
      const more = look(secure, records, performance.now()) - NOTHING_CARRIED.free;
      if (open.delete(secure) && more > 0) charge(address, more / OF_HANDSHAKE);
      return destroy.apply(this, given);
    };
  });
  let used = performance.eventLoopUtilization();
  let looks = 0;
  const timer = setInterval(() => {
    const before = used;
    used = performance.eventLoopUtilization();
    if (performance.eventLoopUtilization(used, before).utilization < 0.5 && looks++ % 4 > 0) return;
    const now = performance.now();
    for (const [secure, records] of open)
      if (look(secure, records, now) > NOTHING_CARRIED.most) secure.destroy();
  }, LOOK);
  timer.unref();
  server.once('close', () => clearInterval(timer));
}

function readHead(head: string): PlainRequest {
  const [line = '', ...lines] = (head.split('\r\n\r\n', 1)[0] ?? '').split('\r\n');
  const fieldOf = (name: string) =>
    lines
      .find((one) => one.toLowerCase().startsWith(`${name}:`))
      ?.slice(name.length + 1)
      .trim();
  const host = fieldOf('host') ?? '';
  const path = /^GET (\/[\x21-\x7e]*) HTTP\/1/.exec(line)?.[1];
  return {
    acceptsHtml: path !== undefined && /\btext\/html\b/i.test(fieldOf('accept') ?? ''),
    acceptLanguage: fieldOf('accept-language'),
    to: /^([a-z0-9.-]+|\[[0-9a-f:]+\])(:\d{1,5})?$/i.test(host) ? `https://${host}${path}` : undefined,
  };
}

function sendPage(socket: Socket, { acceptLanguage, to }: PlainRequest): void {
  const body = plainPage('plain', acceptLanguage, to);
  const head = [
    'HTTP/1.1 400 Bad Request',
    'Content-Type: text/html; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    `Content-Security-Policy: ${plainPagePolicy}`,
    'X-Content-Type-Options: nosniff',
    'Cache-Control: no-store',
    'Connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}
