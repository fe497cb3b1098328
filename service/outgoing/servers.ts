import { createHash } from 'node:crypto';
import { connect as connectTcp, type Socket } from 'node:net';
import type { SecureContext } from 'node:tls';
import type { Client, Dispatcher, Pool } from 'undici';
import { OutgoingError } from './outgoing.ts';
import { connectTls, ownTrust, pinTrouble, type SystemTrust, type Trust } from './trust.ts';

/**
 * Connections to one server at a time; what is more waits, and its time runs. More than deliveries run at a time: what one
 * receiver keeps waiting holds nothing up that goes to another path of the same server.
 */
const CONNECTIONS = 512;
/** Servers whose connections are kept at a time. */
const SERVERS = 256;
/** Milliseconds a connection is kept for the next request, where the server does not say; less than any server closes it after. */
const IDLE = 1_000;
/** The same where the server says (`Keep-Alive: timeout=…`), at most. */
const IDLE_MOST = 10_000;
/** Milliseconds until a connection is there; a request of less gives up earlier. */
const CONNECTING = 20_000;
const HEADER_BYTES = 16 * 1024;

interface ServerAt {
  origin: string;
  /** Without brackets. */
  host: string;
  port: number;
  secure: boolean;
  address: string;
  trust: Trust;
}

/** Open connections by server: one that was opened to an address, for a host name and with a trust serves no other. */
export function createServers({ systemTrust }: { systemTrust: SystemTrust }) {
  const pools = new Map<string, Pool>();
  const unanswered = new WeakSet<Error>();
  /** Read with the first request: most appliances send none, and it would be a part of each start. */
  const library = () => import('undici');

  function optionsFor({ origin: _, ...server }: ServerAt): Client.Options {
    let own: SecureContext | undefined;
    const context = () => {
      if (server.trust.ca === undefined) return systemTrust();
      own ??= ownTrust(server.trust.ca);
      return own;
    };
    return {
      pipelining: 1,
      allowH2: false,
      keepAliveTimeout: IDLE,
      keepAliveMaxTimeout: IDLE_MOST,
      keepAliveTimeoutThreshold: 1_000,
      maxHeaderSize: HEADER_BYTES,
      // Of the whole request, and ours: post.
      headersTimeout: 0,
      bodyTimeout: 0,
      connect: (_, done) => dial(server, { context, unanswered, done }),
    };
  }

  return {
    /**
     * A server closes a kept connection whenever it likes, also in the moment in which a request is sent on it. Such a request, of whose
     * answer no byte came, is sent once more on a connection of its own: receivers know the event by its id.
     */
    async at(server: ServerAt): Promise<Pick<Dispatcher, 'request'>> {
      const undici = await library();
      const { trust } = server;
      const name = JSON.stringify([
        server.origin,
        server.address,
        trust.pin,
        trust.ca && createHash('sha256').update(trust.ca).digest('base64'),
      ]);
      const pool =
        pools.get(name) ??
        new undici.Pool(server.origin, { ...optionsFor(server), connections: CONNECTIONS });
      // The least recently used one is first.
      pools.delete(name);
      pools.set(name, pool);
      for (const [oldest, idle] of pools) {
        if (pools.size <= SERVERS) break;
        pools.delete(oldest);
        // Ends with the last request on it.
        idle.close().catch(() => {});
      }
      return {
        request: (order: Dispatcher.RequestOptions) =>
          pool.request(order).catch((error: Error) => {
            if (!unanswered.has(error)) throw error;
            const client = new undici.Client(server.origin, optionsFor(server));
            const answer = client.request(order);
            // Ends with its answer.
            client.close().catch(() => {});
            return answer;
          }),
      };
    },
    async close(): Promise<void> {
      const all = [...pools.values()];
      pools.clear();
      await Promise.all(all.map((pool) => pool.close()));
    },
  };
}

type Dialled = (
  ...result: [error: null, socket: ReturnType<typeof connectTcp>] | [error: Error, socket: null]
) => void;

interface Dialling {
  context: () => SecureContext;
  /** Takes the errors of connections that had answered before, and of the last answer gave no byte. */
  unanswered: WeakSet<Error>;
  done: Dialled;
}

function dial(
  { secure, address, port, host, trust }: Omit<ServerAt, 'origin'>,
  { context, unanswered, done }: Dialling,
) {
  let settled = false;
  const settle: Dialled = (...result) => {
    if (settled) return;
    settled = true;
    socket.setTimeout(0);
    done(...result);
  };
  const tls = secure ? connectTls({ address, port, host, trust }, context()) : undefined;
  const socket = tls ?? connectTcp({ host: address, port });
  socket.setNoDelay(true);
  socket.setTimeout(CONNECTING, () =>
    socket.destroy(new OutgoingError('unreachable', 'The server did not take the connection in time.')),
  );
  socket.once(secure ? 'secureConnect' : 'connect', () => {
    const trouble = tls && pinTrouble(tls, trust);
    if (!trouble) {
      boundAnswers(socket);
      noteUnanswered(socket, unanswered);
      skipContinue(socket);
      return settle(null, socket);
    }
    socket.destroy();
    settle(trouble, null);
  });
  socket.on('error', (error) => settle(error, null));
  socket.once('close', () =>
    settle(new OutgoingError('reset', 'The connection was closed before it was ready.'), null),
  );
  return socket;
}

/**
 * Bytes of one answer that are read: room for headers, for `100` and other interim responses and for what is kept of a body. Then the
 * server waits, until the caller has what it wants and gives the connection up, or its time is over.
 */
const ANSWER_BYTES = 128 * 1024;
/** Bytes that are read in one go: beyond its own limit the parser makes an error of each header. */
const PIECE = 2 * 1024;

/** A server that sends without end, in whatever part of its answer, costs no more than so many bytes. */
function boundAnswers(socket: Socket): void {
  const read = socket.read.bind(socket);
  /** What was sent when this answer began. */
  let sent = -1;
  let left = 0;
  socket.read = () => {
    if (socket.bytesWritten !== sent) {
      sent = socket.bytesWritten;
      left = ANSWER_BYTES;
    }
    if (left === 0 || socket.destroyed) return null;
    const piece = Math.min(left, PIECE, socket.readableLength);
    const chunk = piece === 0 ? read() : read(piece);
    if (chunk !== null) left = Math.max(0, left - chunk.length);
    return chunk;
  };
}

const HEAD = 'HTTP/1.1 100';
/** Bytes of interim responses before the one that counts. */
const MOST = 16 * 1024;

/**
 * Takes `100 Continue` responses out of what is read from the socket: any number of them may come before a final response (RFC 9110,
 * 15.2), asked for or not, and undici takes one for a broken server. Other interim responses (103 and such) it skips itself.
 */
function skipContinue(socket: Socket): void {
  const read = socket.read.bind(socket);
  /** What was sent when the last response began: more means another request, so another response. */
  let answered = -1;
  let held: Buffer | null = null;

  socket.read = () => {
    const chunk = read() as Buffer | null;
    if (chunk === null || socket.bytesWritten === answered) return chunk;
    held = held === null ? chunk : Buffer.concat([held, chunk]);
    for (let end = endOfContinue(held); end > 0; end = endOfContinue(held)) held = held.subarray(end);
    if (held.length === 0) held = null;
    if (held === null || (mayContinue(held) && held.length < MOST)) return null;
    const rest = held;
    held = null;
    answered = socket.bytesWritten;
    return rest;
  };
}

/** A request is written whole and at once: more was written than when bytes came last means one of which none came. */
function noteUnanswered(socket: Socket, unanswered: WeakSet<Error>): void {
  let readAt: number | undefined;
  socket.on('error', (error) => {
    if (readAt !== undefined && socket.bytesWritten > readAt) unanswered.add(error);
  });
  const read = socket.read.bind(socket);
  socket.read = () => {
    const chunk = read();
    if (chunk !== null) readAt = socket.bytesWritten;
    return chunk;
  };
}

const headOf = (bytes: Buffer) => bytes.toString('latin1', 0, HEAD.length).replace('HTTP/1.0', 'HTTP/1.1');

/** Whether the bytes are such a response that has not ended, or the beginning of one. */
const mayContinue = (bytes: Buffer) => HEAD.startsWith(headOf(bytes));

/** Where the response ends that the bytes begin with; 0 where they do not begin with a whole one of status 100. */
function endOfContinue(bytes: Buffer): number {
  if (bytes.length < HEAD.length || !mayContinue(bytes)) return 0;
  const end = bytes.indexOf('\r\n\r\n');
  return end < 0 ? 0 : end + 4;
}
