import type { FastifyPluginAsync } from 'fastify';
import { plainPage, plainPagePolicy } from '../../http/pages/plain-page.ts';
import { acceptsHtml } from '../../http/proxies/forwarded.ts';
import type { Clock } from '../../lib/clock.ts';
import { Problem } from '../../lib/problem.ts';
import {
  type HealthStateReply,
  type NotOpenHealthReply,
  type NotReadyReply,
  notReadyForOthers,
} from './wire.ts';

const REASONS = {
  sealed:
    'The service is sealed: its master key is protected by a passphrase that has not been given yet. On the box run “gatehouse unseal”.',
  starting: 'The service is starting: repeat the request in a few seconds.',
} as const;
/** Seconds after which a caller may ask again: a person has to come, or the start ends. */
const RETRY_AFTER = { sealed: 15, starting: 3 } as const;

export interface NotOpenDoorDeps {
  version: string;
  clock: Clock;
  /** `sealed`: it waits for the passphrase of the master key. */
  stage(): 'sealed' | 'starting';
}

/** The LAN port before the doors are open: `/health` and `/ready` give the state, all else answers 503, browsers a page. */
export function createNotOpenDoor({ version, clock, stage }: NotOpenDoorDeps): FastifyPluginAsync {
  return async (app) => {
    const startedAt = clock.now();
    app.get(
      '/health',
      { config: { access: 'public', quiet: true, anyHost: true } },
      async (request): Promise<NotOpenHealthReply | HealthStateReply> => {
        const status = stage();
        if (!request.isForOwnHost) return { status };
        const uptimeSeconds = Math.max(0, Math.floor((clock.now() - startedAt) / 1000));
        return { status, version, uptimeSeconds, warnings: [REASONS[status]] };
      },
    );
    app.get(
      '/ready',
      { config: { access: 'public', quiet: true, anyHost: true } },
      async (request, reply) => {
        const is = stage();
        const answer: NotReadyReply = {
          ready: false,
          reason: REASONS[is],
          ...(is === 'sealed' && { code: 'SEALED' as const }),
        };
        return reply.code(503).send(request.isForOwnHost ? answer : notReadyForOthers);
      },
    );
    app.all('/*', {
      config: { access: 'public' },
      // Before the body is looked at, of whatever type it is.
      onRequest: async (request, reply) => {
        const is = stage();
        if (request.method === 'GET' && acceptsHtml(request)) {
          return reply
            .code(503)
            .headers({ 'content-security-policy': plainPagePolicy, 'retry-after': RETRY_AFTER[is] })
            .header('vary', 'accept, accept-language')
            .type('text/html; charset=utf-8')
            .send(plainPage(is, request.headers['accept-language']));
        }
        throw new Problem(is === 'sealed' ? 'SEALED' : 'OVERLOADED', REASONS[is], {
          retryAfterSeconds: RETRY_AFTER[is],
        });
      },
      handler: async () => undefined,
    });
  };
}
