import type { FastifyInstance } from 'fastify';
import type { Heartbeats } from '../../engine/behavior/index.ts';
import { keyOf } from '../../http/authentication.ts';
import { toHeartbeatOrder } from './translate.ts';
import { BODY_LIMIT } from './verify-route.ts';
import { HeartbeatReply, HeartbeatRequest } from './wire-session.ts';

export interface SessionRouteDeps {
  heartbeats: Pick<Heartbeats, 'beat'>;
}

/** `/api/v1/session` (contracts/behavior.txt). */
export function sessionRoute(app: FastifyInstance, { heartbeats }: SessionRouteDeps): void {
  app.post<{ Body: HeartbeatRequest }>(
    '/api/v1/session',
    {
      bodyLimit: BODY_LIMIT,
      config: {
        access: 'behavior',
        quiet: true,
        refuses: ['SESSION_EXPIRED', 'SESSION_KEY_MISMATCH', 'STORAGE_FULL'],
      },
      schema: {
        operationId: 'beatHumaSession',
        summary: 'Heartbeat of a session',
        description:
          'Every 30 seconds after a verification. Not counted for the month and not against the limit for a user. A token that has run out, or that is not of this user, is answered 410: verify again.',
        tags: ['behavior'],
        body: HeartbeatRequest,
        response: { 200: HeartbeatReply },
      },
    },
    async (request) => heartbeats.beat(keyOf(request), toHeartbeatOrder(request.body, request)),
  );
}
