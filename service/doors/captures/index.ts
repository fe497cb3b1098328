import type { WebSocket } from '@fastify/websocket';
import type { FastifyPluginAsync } from 'fastify';
import { z } from 'zod';
import {
  type CaptureLink,
  type Captures,
  type FrameAnswer,
  LARGEST_FRAME,
} from '../../engine/matching/index.ts';
import { answerSocket, type Every, readMessage, requireOwnOrigin } from '../../http/web-sockets.ts';
import { defined } from '../../lib/defined.ts';
import type { Log } from '../../lib/log.ts';
import { Problem } from '../../lib/problem.ts';

const LIVE = '/api/captures/live';
const open = { config: { access: 'public', quiet: true }, schema: { hide: true } } as const;
/** Frames of one connection that wait for their answer; more are dropped. */
const MOST_AT_ONCE = 3;
/** The longest that a timer can wait, in milliseconds. */
const FOREVER = 2 ** 31 - 1;

/**
 * `/api/captures`: what is wrong with the frames of a camera page, over a WebSocket, or by one POST for each frame where a WebSocket
 * does not get through. Both take the token of a capture session, never in the address.
 */
export const createCapturesDoor =
  (deps: LiveDeps): FastifyPluginAsync =>
  async (app) => {
    app.route({
      ...open,
      method: 'GET',
      url: LIVE,
      exposeHeadRoute: false,
      handlerTimeout: FOREVER,
      preValidation: async (request) => {
        if (request.ws) requireOwnOrigin(request);
      },
      handler: async () => {
        throw new Problem('INVALID_REQUEST', 'This is a WebSocket: connect with ws:// or wss://.');
      },
      wsHandler: (socket) => serveLive(socket, deps),
    });
    app.addContentTypeParser('image/jpeg', { parseAs: 'buffer', bodyLimit: LARGEST_FRAME }, (_, body, done) =>
      done(null, body),
    );
    app.route({
      ...open,
      method: 'POST',
      url: '/api/captures/frames',
      bodyLimit: LARGEST_FRAME,
      async handler(request) {
        if (request.headers.origin !== undefined) requireOwnOrigin(request);
        const token = request.headers['x-capture-token'];
        if (typeof token !== 'string')
          throw new Problem(
            'MISSING_AUTH',
            'Send the token of the camera session in the header x-capture-token.',
          );
        if (!(request.body instanceof Uint8Array))
          throw new Problem(
            'UNSUPPORTED_MEDIA_TYPE',
            'Send the frame as the body, with content-type: image/jpeg.',
          );
        const link = deps.captures.connect(token);
        try {
          return await answerFrame(link, request.body);
        } finally {
          link.close();
        }
      },
    });
  };

const Hello = z.strictObject({ token: z.string().min(1).max(200) });
const FIRST = 'The first message is {"token":"…"}, as POST /api/admin/captures answered it.';

interface LiveDeps {
  captures: Pick<Captures, 'connect'>;
  log: Log;
  /** Absent: real time. */
  every?: Every;
}

/** One connection: the token in the first message, then frames, each answered. */
function serveLive(socket: WebSocket, { captures, log, every }: LiveDeps): void {
  let link: CaptureLink | undefined;
  let isOver = false;
  let waiting = 0;
  const fault = 'a camera connection failed';
  const { say, admitted, judged, end: close } = answerSocket(socket, { log, fault, ...defined({ every }) });
  const end = (error: unknown) => {
    if (isOver) return;
    isOver = true;
    link?.close();
    link = undefined;
    close(error);
  };

  socket.on('message', (data: Buffer, binary: boolean) => {
    // What still comes is not looked at.
    if (isOver) return;
    if (!link) {
      try {
        link = captures.connect(readMessage(Hello, data, binary, FIRST).token);
        admitted(async () => link?.isOver() ?? true);
        say({ is: 'ready' });
      } catch (error) {
        end(error);
      }
      return;
    }
    if (binary) {
      if (waiting >= MOST_AT_ONCE) return;
      waiting++;
      void answerFrame(link, data)
        .then((answer) => {
          if (answer.is !== 'refused' && answer.is !== 'dropped') judged();
          say(answer);
        })
        .catch(end)
        .finally(() => waiting--);
    } else end(new Problem('INVALID_REQUEST', 'After the first message every message is a JPEG.'));
  });
  socket.on('close', () => link?.close());
}

/** Answer to the page for one frame. */
type WireAnswer = FrameAnswer | { is: 'refused'; code: string; message: string };

/** A frame that cannot be looked at is answered too: the page waits for an answer before it sends the next. Throws MISSING_AUTH once the session has ended. */
async function answerFrame(link: Pick<CaptureLink, 'submitFrame'>, frame: Uint8Array): Promise<WireAnswer> {
  try {
    return await link.submitFrame(frame);
  } catch (error) {
    if (!(error instanceof Problem) || error.code === 'MISSING_AUTH') throw error;
    // Busy workers: the next frame will do.
    if (error.code === 'OVERLOADED' || error.code === 'TIMEOUT') return { is: 'dropped' };
    return { is: 'refused', code: error.code, message: error.message };
  }
}
