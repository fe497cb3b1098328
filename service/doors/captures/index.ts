import type { FastifyPluginAsync } from 'fastify';
import { LARGEST_FRAME } from '../../engine/matching/index.ts';
import { requireOwnOrigin } from '../../http/web-sockets.ts';
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
