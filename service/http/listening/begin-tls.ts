import type { Server } from 'node:https';
import type { Socket } from 'node:net';
import { createFairTurns } from '../leaving/public-pace.ts';
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

interface BeginTlsDeps {
  /** Milliseconds that a connection may send nothing. */
  patience: number;
  sourceOf(address: string): string;
  note(socket: Socket): void;
  refuse(socket: Socket): void;
}

/**
 * Begins what comes to a port of HTTPS: handshakes in turn, and plain HTTP is answered with where to go: a browser gets a page, a program what
 * `refuse` sends. Nothing of it is done, and no more of it is read than its first packet.
 */
export function beginTls(server: Server, { patience, sourceOf, note, refuse }: BeginTlsDeps): void {
  const toTls = server.listeners('connection').find(({ name }) => name === 'tlsConnectionListener');
  if (!toTls) throw new Error('This Node begins TLS in another way.');
  server.removeListener('connection', toTls as () => void);
  const takeTurn = createTurns((socket) => toTls.call(server, socket));
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
        const begins = () => socket.removeListener('error', fail);
        void takeTurn(sourceOf(socket.remoteAddress ?? ''), socket, begins);
        return;
      }
      note(socket);
      const request = readHead(first.subarray(0, LONGEST_HEAD).toString('latin1'));
      if (request.acceptsHtml) sendPage(socket, request);
      else refuse(socket);
    });
  });
}

/**
 * What a handshake took of the thread, as many times, is for everything else before the next; at least so many milliseconds, as a hello in
 * parts, or a second one, is not seen here.
 */
const REST = 3;
const LEAST = 4;

/**
 * Lets one handshake begin at a time, the sources in turn: what it is asked for costs the thread milliseconds and its caller nothing (D(HE)at,
 * CVE-2002-20001).
 */
function createTurns(begin: (socket: Socket) => void) {
  let end = () => {};
  const turn = createFairTurns((next) => {
    end = next;
  });
  return async (source: string, socket: Socket, begins: () => void): Promise<void> => {
    await turn(source);
    if (socket.destroyed) return void setImmediate(end);
    begins();
    const before = performance.now();
    begin(socket);
    // Node reads what has come in the next tick, before this one.
    process.nextTick(() => setTimeout(end, Math.max(LEAST, REST * (performance.now() - before))));
  };
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
