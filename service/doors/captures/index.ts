import websocket from '@fastify/websocket';
import type { FastifyPluginAsync, FastifyRequest } from 'fastify';
import { LARGEST_FRAME } from '../../engine/captures/index.ts';
import { Problem } from '../../lib/problem.ts';
import { answerFrame } from './frame-answers.ts';
import { type LiveDeps, serveLive } from './live.ts';

const LIVE = '/api/captures/live';
const open = { config: { access: 'public', quiet: true }, schema: { hide: true } } as const;
/** The longest that a timer can wait, in milliseconds. */
const FOREVER = 2 ** 31 - 1;

/**
 * `/api/captures`: what is wrong with the frames of a camera page, over a WebSocket, or by one POST for each frame where a WebSocket
 * does not get through. Both take the token of a capture session, never in the address.
 */
export const createCapturesDoor =
  (deps: LiveDeps): FastifyPluginAsync =>
  async (app) => {
    await app.register(websocket, {
      options: { maxPayload: LARGEST_FRAME },
      // A frame over the limit, or a connection that broke.
      errorHandler: (_, socket) => socket.terminate(),
    });
    // Every other request that asks for another protocol (h2c, as some HTTP clients do) is answered as if it had not.
    Object.assign(app.server, {
      shouldUpgradeCallback: ({ url, headers }: FastifyRequest['raw']) =>
        headers.upgrade?.toLowerCase() === 'websocket' && (url ?? '').split('?', 1)[0] === LIVE,
    });
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

/** Pages of other origins may not use a token, even one that they got hold of. */
function requireOwnOrigin({ headers: { origin }, host }: FastifyRequest): void {
  if (origin !== undefined && URL.parse(origin)?.host === host) return;
  throw new Problem('ORIGIN_NOT_ALLOWED', 'The camera connection is for the pages of this appliance.');
}
