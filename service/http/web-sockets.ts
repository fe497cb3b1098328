import type { IncomingMessage } from 'node:http';
import websocket, { type WebSocket } from '@fastify/websocket';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import type { Log } from '../lib/log.ts';
import { Problem } from '../lib/problem.ts';
import { LET_IN } from './listening/connections.ts';

/** Bytes of the largest message, over all doors: a frame of 256 kB and its time. */
const LARGEST_MESSAGE = 256 * 1024 + 8;
/** Milliseconds until the first message with the token has arrived. */
const HELLO_WITHIN = 5_000;
/** Milliseconds between two looks at an admitted client. */
const BEAT = 15_000;
/** Bytes of answers that a client has not read. */
const MOST_UNREAD = 256 * 1024;
/** Close codes: of our own (RFC 6455, 7.4.2), and those that every client knows. */
export const closeCodes = { over: 1000, refused: 4401, taken: 4409, failed: 1011 } as const;

/**
 * WebSockets for the doors that are registered after it: a route with a `wsHandler` takes them. Every other request that asks for another
 * protocol (h2c, as some HTTP clients do) is answered as if it had not.
 */
export async function openWebSockets(app: FastifyInstance): Promise<void> {
  const paths = new Set<string>();
  app.addHook('onRoute', ({ url, wsHandler }) => {
    if (wsHandler) paths.add(url);
  });
  await app.register(websocket, {
    options: { maxPayload: LARGEST_MESSAGE },
    // A message over the limit, or a connection that broke.
    errorHandler: (_, socket) => socket.terminate(),
  });
  app.websocketServer.on('connection', (socket: WebSocket, { socket: connection }: IncomingMessage) => {
    socket.once(LET_IN, () => app.server.emit(LET_IN, connection));
  });
  Object.assign(app.server, {
    shouldUpgradeCallback: ({ url, headers }: FastifyRequest['raw']) =>
      headers.upgrade?.toLowerCase() === 'websocket' && paths.has((url ?? '').split('?', 1)[0]!),
  });
}

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
  const late = setTimeout(
    () => socket.close(closeCodes.refused, `The token did not come within ${HELLO_WITHIN / 1000} s.`),
    HELLO_WITHIN,
  );
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
