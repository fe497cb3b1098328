import type { FastifyPluginAsync } from 'fastify';
import { plainPage, plainPagePolicy } from '../../http/pages/plain-page.ts';
import { acceptsHtml } from '../../http/proxies/forwarded.ts';
import type { Clock } from '../../lib/clock.ts';
import { Problem } from '../../lib/problem.ts';
import {
  type HealthStateReply,
  type NotReadyReply,
  notReadyForOthers,
  type SealedHealthReply,
} from './wire.ts';

const REASON =
  'The service is sealed: its master key is protected by a passphrase that has not been given yet. On the box run “gatehouse unseal”.';
/** Seconds after which a caller may ask again: a person has to come. */
const RETRY_AFTER = 15;

export interface SealedDoorDeps {
  version: string;
  clock: Clock;
  /** The passphrase was given: it starts. */
  isOpening(): boolean;
}

/** The LAN port before the master key is open: `/health` and `/ready` give the state, all else answers 503 SEALED, browsers a page. */
export function createSealedDoor({ version, clock, isOpening }: SealedDoorDeps): FastifyPluginAsync {
  return async (app) => {
    const startedAt = clock.now();
    app.get(
      '/health',
      { config: { access: 'public', quiet: true, anyHost: true } },
      async (request): Promise<SealedHealthReply | HealthStateReply> => {
        if (!request.isForOwnHost) return { status: 'sealed' };
        const uptimeSeconds = Math.max(0, Math.floor((clock.now() - startedAt) / 1000));
        return { status: 'sealed', version, uptimeSeconds, warnings: [REASON] };
      },
    );
    app.get(
      '/ready',
      { config: { access: 'public', quiet: true, anyHost: true } },
      async (request, reply) => {
        const answer: NotReadyReply = { ready: false, reason: REASON, code: 'SEALED' };
        return reply.code(503).send(request.isForOwnHost ? answer : notReadyForOthers);
      },
    );
    app.all('/*', {
      config: { access: 'public' },
      // Before the body is looked at, of whatever type it is.
      onRequest: async (request, reply) => {
        if (request.method === 'GET' && acceptsHtml(request)) {
          const page = plainPage(isOpening() ? 'starting' : 'sealed', request.headers['accept-language']);
          return reply
            .code(503)
            .headers({ 'content-security-policy': plainPagePolicy, 'retry-after': RETRY_AFTER })
            .header('vary', 'accept, accept-language')
            .type('text/html; charset=utf-8')
            .send(page);
        }
        throw new Problem('SEALED', REASON, { retryAfterSeconds: RETRY_AFTER });
      },
      handler: async () => undefined,
    });
  };
}
