import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import websocket, { type WebSocket, type WebsocketHandler } from '@fastify/websocket';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Log } from '../lib/log.ts';
import { Problem } from '../lib/problem.ts';
import { LET_IN } from './listening/connections.ts';
import type { SocketRelay } from './nodes/node-affinity.ts';

/** Bytes of the largest message, over all doors: a frame of 256 kB and its time. */
const LARGEST_MESSAGE = 256 * 1024 + 8;
/** Parts that one message may come in: browsers send one, or one for each hundred kilobytes. */
const MOST_PARTS = 64;
/** Milliseconds until the first message with the token has arrived. */
const HELLO_WITHIN = 5_000;
/** Messages that come while it is found out which node serves them. */
const MOST_BEFORE = 8;
/** Milliseconds from the server's close to the client's. */
const CLOSED_WITHIN = 5_000;
/** Milliseconds between two looks at an admitted client. */
const BEAT = 15_000;
/** Bytes of answers that a client has not read. */
const MOST_UNREAD = 256 * 1024;
/** Bytes that a client may send before its token was accepted. */
const MOST_BEFORE_TOKEN = 16 * 1024;
/** Bytes of an admitted client: at once, and then each second. Ten of the largest messages a second are 2.6 million. */
const TAKEN = { burst: 8 * 1024 * 1024, perSecond: 4 * 1024 * 1024 };
/** Of these, what each of its messages, pings and pongs takes beside its length. */
const EACH = 8 * 1024;
/** Event of a WebSocket: another node serves it, and decides whether its caller is let in. */
const RELAYED = 'gatehouse:relayed';
/** Close codes: of our own (RFC 6455, 7.4.2), and those that every client knows. */
export const closeCodes = { over: 1000, refused: 4401, taken: 4409, failed: 1011 } as const;

/**
 * WebSockets for the doors that are registered after it: a route with a `wsHandler` takes them. Every other request that asks for another
 * protocol (h2c, as some HTTP clients do) is answered as if it had not. `relayed`: of routes whose sockets another node may serve.
 */
export async function openWebSockets(
  app: FastifyInstance,
  { relayed }: { relayed?: (url: string) => SocketRelay | undefined } = {},
): Promise<void> {
  const paths = new Set<string>();
  /** The last answer of each connection. */
  const lastOf = new WeakMap<Socket, ServerResponse>();
  app.server.prependListener('request', (message: IncomingMessage, answer: ServerResponse) => {
    lastOf.set(message.socket, answer);
  });
  app.addHook('onRoute', (route) => {
    const { url, wsHandler } = route;
    if (!wsHandler) return;
    paths.add(url);
    const relay = relayed?.(url);
    if (relay) route.wsHandler = afterFirstMessage(wsHandler, relay);
  });
  let stopping = false;
  // Before the hook of the plugin, which takes no handshake any more.
  app.addHook('preClose', async () => {
    stopping = true;
  });
  await app.register(websocket, {
    options: { maxPayload: LARGEST_MESSAGE, maxFragments: MOST_PARTS, closeTimeout: CLOSED_WITHIN },
    // A message over the limit, or a connection that broke.
    errorHandler: (_, socket) => socket.terminate(),
  });
  /** Requests for which Node has given up the connection: it reads no further request there. */
  const handshakes = new WeakSet<IncomingMessage>();
  app.server.prependListener('upgrade', (message: IncomingMessage) => void handshakes.add(message));
  // Refused, also before its route is found: a proxy would hand the connection to the next client, who would wait for ever.
  app.addHook('onSend', async ({ raw }, reply) => {
    if (handshakes.has(raw)) reply.header('connection', 'close');
  });
  app.addHook('onResponse', async ({ raw }) => {
    if (handshakes.has(raw)) raw.socket.destroySoon();
  });
  /** Of the client, also behind a proxy. */
  const addressOf = new WeakMap<Socket, string>();
  app.addHook('onRequest', async ({ ws, raw, ip }) => {
    if (ws) addressOf.set(raw.socket, ip);
  });
  app.websocketServer.on('connection', (socket: WebSocket, { socket: connection }: IncomingMessage) => {
    socket.on(LET_IN, () => app.server.emit(LET_IN, connection, addressOf.get(connection) ?? ''));
    boundBytes(socket, connection);
  });
  Object.assign(app.server, {
    // None behind a request that is not answered yet: the connection still leads to that one.
    shouldUpgradeCallback: ({ url, headers, socket }: FastifyRequest['raw']) =>
      !stopping &&
      headers.upgrade?.toLowerCase() === 'websocket' &&
      paths.has((url ?? '').split('?', 1)[0]!) &&
      lastOf.get(socket)?.writableFinished !== false,
  });
}

/**
 * Cuts off a client that sends more than a client of ours. What comes on one connection is read and taken apart as fast as it comes, also
 * after it was refused, and meanwhile no other caller is answered.
 */
function boundBytes(socket: WebSocket, connection: Socket): void {
  let left = MOST_BEFORE_TOKEN;
  let admittedAt: number | undefined;
  const admitted = () => {
    left = TAKEN.burst;
    admittedAt = performance.now();
  };
  const take = (bytes: number) => {
    left -= bytes;
    if (left < 0) socket.terminate();
  };
  for (const event of [LET_IN, RELAYED]) socket.once(event, admitted);
  for (const event of ['message', 'ping', 'pong'])
    socket.on(event, () => {
      if (admittedAt !== undefined) take(EACH);
    });
  connection.on('data', ({ length }: Buffer) => {
    if (admittedAt !== undefined && socket.readyState === socket.OPEN) {
      const now = performance.now();
      left = Math.min(TAKEN.burst, left + (TAKEN.perSecond * (now - admittedAt)) / 1000);
      admittedAt = now;
    }
    take(length);
  });
}

const Hello = z.looseObject({ token: z.string() });

/** Serves a socket here unless another node does, which the token in its first message says. */
const afterFirstMessage = (serve: WebsocketHandler, relay: SocketRelay): WebsocketHandler =>
  function (this: FastifyInstance, socket, request) {
    const came: [data: Buffer, binary: boolean][] = [];
    const late = closeLate(socket);
    const decide = async (data: Buffer, binary: boolean) => {
      const text = data.toString('utf8');
      const hello = Hello.safeParse(binary ? undefined : parseJson(text)).data;
      // What cannot be found is refused where it is served.
      const isRelayed =
        hello && (await relay(socket, request, { token: hello.token, text }).catch(() => false));
      clearTimeout(late);
      socket.off('message', collect);
      if (socket.readyState === socket.CLOSED) return;
      if (isRelayed) socket.emit(RELAYED);
      else void serve.call(this, socket, request);
      for (const message of isRelayed ? came.slice(1) : came) socket.emit('message', ...message);
    };
    function collect(data: Buffer, binary: boolean): void {
      came.push([data, binary]);
      if (came.length === 1) void decide(data, binary);
      if (came.length > MOST_BEFORE) socket.terminate();
    }
    socket.on('message', collect);
    socket.once('close', () => clearTimeout(late));
  };

const closeLate = (socket: WebSocket) =>
  setTimeout(
    () => socket.close(closeCodes.refused, `The token did not come within ${HELLO_WITHIN / 1000} s.`),
    HELLO_WITHIN,
  );

/** Pages of other origins may not use a capability, even one that they got hold of. */
export function requireOwnOrigin({ headers: { origin }, host }: FastifyRequest): void {
  if (origin !== undefined && URL.parse(origin)?.host === host) return;
  throw new Problem('ORIGIN_NOT_ALLOWED', 'The camera connection is for the pages of this appliance.');
}

/** What a door answers over a connection whose first message carries a token. */
export interface SocketAnswers {
  say(answer: object): void;
  /**
   * The token was accepted: the connection is no longer closed for being late. From here on it is cut off when the client gives no
   * sign of life, and closed once `isOver`.
   */
  admitted(isOver?: () => Promise<boolean>): void;
  /** A frame was judged: the connection does not give way to others for a while. */
  judged(): void;
  /** Says why, and closes. What is no Problem is a fault of ours: it is logged and not shown. */
  end(error: unknown): void;
}

/** Calls `work` again and again, until the returned function is called. */
export type Every = (milliseconds: number, work: () => void) => () => void;

const realEvery: Every = (milliseconds, work) => {
  const timer = setInterval(work, milliseconds);
  return () => clearInterval(timer);
};

export interface AnswerOptions {
  log: Log;
  /** The line in the log for what is no Problem. */
  fault: string;
  every?: Every;
}

export function answerSocket(
  socket: WebSocket,
  { log, fault, every = realEvery }: AnswerOptions,
): SocketAnswers {
  const late = closeLate(socket);
  const isRead = () => {
    if (socket.bufferedAmount <= MOST_UNREAD) return true;
    socket.terminate();
    return false;
  };
  const say = (answer: object) => {
    if (socket.readyState === socket.OPEN && isRead()) socket.send(JSON.stringify(answer));
  };
  const end = (error: unknown) => {
    if (!(error instanceof Problem)) {
      log.error({ error }, fault);
      socket.close(closeCodes.failed, 'A fault in Gatehouse; its log says more.');
      return;
    }
    say({ is: 'ended', code: error.code, message: error.message });
    socket.close(error.code === 'CONFLICT' ? closeCodes.taken : closeCodes.refused);
  };
  let rest = () => {};
  socket.on('close', () => {
    clearTimeout(late);
    rest();
  });
  // Each is answered with a pong.
  socket.on('ping', isRead);
  return {
    say,
    end,
    judged: () => void socket.emit(LET_IN),
    admitted(isOver) {
      clearTimeout(late);
      socket.emit(LET_IN);
      if (socket.readyState === socket.OPEN) rest = watch(socket, every, { isOver, end });
    },
  };
}

/** Each beat: a client that was silent since the last is cut off, and what is over is closed. */
function watch(
  socket: WebSocket,
  every: Every,
  { isOver, end }: { isOver: (() => Promise<boolean>) | undefined; end(error: unknown): void },
): () => void {
  let alive = true;
  const note = () => {
    alive = true;
  };
  for (const sign of ['message', 'pong']) socket.on(sign, note);
  return every(BEAT, () => {
    if (!alive) return socket.terminate();
    alive = false;
    socket.ping();
    isOver?.().then((over) => over && socket.close(closeCodes.over, 'The session is over.'), end);
  });
}

/** A text message as JSON of this form. Throws INVALID_REQUEST with `message`. */
export function readMessage<Schema extends z.ZodType>(
  schema: Schema,
  data: Buffer,
  binary: boolean,
  message: string,
): z.output<Schema> {
  const parsed = schema.safeParse(binary ? undefined : parseJson(data.toString('utf8')));
  if (parsed.success) return parsed.data;
  throw new Problem('INVALID_REQUEST', message);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
