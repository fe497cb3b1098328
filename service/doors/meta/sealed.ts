import type { FastifyPluginAsync } from 'fastify';
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

/** The LAN port before the master key is open: `/health` and `/ready` give the state, all else answers 503 SEALED. */
export function createSealedDoor({ version, clock }: { version: string; clock: Clock }): FastifyPluginAsync {
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
      onRequest: async () => {
        throw new Problem('SEALED', REASON, { retryAfterSeconds: RETRY_AFTER });
      },
      handler: async () => undefined,
    });
  };
}
