import type { FastifyInstance, FastifyPluginAsync } from 'fastify';
import type { Alerts } from '../../engine/appliance/index.ts';
import type { Heartbeats, Verdicts } from '../../engine/behavior/index.ts';
import type { Webhooks } from '../../engine/events/index.ts';
import { keyOf } from '../../http/authentication.ts';
import { defined } from '../../lib/defined.ts';
import { Problem } from '../../lib/problem.ts';
import { type ChallengeRoutesDeps, challengeRoutes } from './challenge-routes.ts';
import {
  fromEndpoint,
  fromNewEndpoint,
  toActor,
  toFilter,
  toHeartbeat,
  toNewEndpoint,
  toRealm,
} from './translate.ts';
import { BODY_LIMIT, verifyRoute } from './verify-route.ts';
import { NewWebhook, NewWebhookReply, Nothing, WebhookList, WebhookParams } from './wire.ts';
import { HeartbeatReply, HeartbeatRequest } from './wire-session.ts';

export { behaviorWebhooks } from './webhook-payloads.ts';

export interface BehaviorDeps extends ChallengeRoutesDeps, SessionRouteDeps {
  webhooks: Pick<Webhooks, 'add' | 'list' | 'remove'>;
  alerts: Pick<Alerts, 'noteChange'>;
  verdicts: Pick<Verdicts, 'verify' | 'userHashOf'>;
}

const tags = ['behavior'];
const access = 'webhooks';

/** The behavior family (contracts/behavior.txt). */
export function createBehaviorDoor(deps: BehaviorDeps): FastifyPluginAsync {
  return async (app) => {
    // A page's `fetch` without a content type sends this one.
    app.addContentTypeParser('text/plain', app.readJson);
    webhookRoutes(app, deps);
    verifyRoute(app, deps);
    challengeRoutes(app, deps);
    sessionRoute(app, deps);
  };
}

/** Each key, with those it succeeds, sees what it made and nothing else. */
function webhookRoutes(app: FastifyInstance, { webhooks, alerts }: BehaviorDeps): void {
  app.get(
    '/api/v1/webhooks',
    {
      config: { access },
      schema: {
        operationId: 'listHumaWebhooks',
        summary: 'List your webhooks',
        description: 'Webhooks registered by this API key or its predecessors, without their secrets.',
        tags,
        response: { 200: WebhookList },
      },
    },
    async (request) => {
      const caller = keyOf(request);
      const found = await webhooks.list(toRealm(caller), toFilter(caller));
      return { webhooks: found.map(fromEndpoint) };
    },
  );

  app.post(
    '/api/v1/webhooks',
    {
      config: {
        access,
        idempotent: true,
        refuses: ['DESTINATION_NOT_GRANTED', 'DESTINATION_FORBIDDEN', 'CONFLICT', 'STORAGE_FULL'],
      },
      schema: {
        operationId: 'registerHumaWebhook',
        summary: 'Register a webhook',
        description:
          'It receives a POST for each selected event, signed with HMAC-SHA256 in `Huma-Signature: t=…,v1=…` over `t.body`, and also with the headers of Standard Webhooks. The secret is shown only once. At most five for an API key and its successors.',
        tags,
        body: NewWebhook,
        response: { 201: NewWebhookReply },
      },
    },
    async (request, reply) => {
      const caller = keyOf(request);
      const wanted = toNewEndpoint(request.body, caller);
      const who = toActor(caller, request.id);
      const made = await webhooks.add(toRealm(caller), wanted, who);
      // As where an administrator, or a key of the admin door, makes one.
      await alerts.noteChange(toRealm(caller), 'createWebhook', who);
      const { metadata } = request.body;
      return reply.code(201).send({ ...fromNewEndpoint(made), ...defined({ metadata }) });
    },
  );

  app.delete(
    '/api/v1/webhooks/:id',
    {
      config: { access, refuses: ['NOT_FOUND', 'STORAGE_FULL'] },
      schema: {
        operationId: 'deleteHumaWebhook',
        summary: 'Delete a webhook',
        description: 'Nothing is sent to it any more; waiting deliveries are dropped.',
        tags,
        params: WebhookParams,
        response: { 204: Nothing.describe('Deleted') },
      },
    },
    async (request, reply) => {
      const caller = keyOf(request);
      const { id } = request.params;
      const own = await webhooks.list(toRealm(caller), toFilter(caller));
      if (!own.some((one) => one.id === id))
        throw new Problem('NOT_FOUND', `This API key has no webhook with the id ${id}.`);
      await webhooks.remove(toRealm(caller), id, toActor(caller, request.id));
      return reply.code(204).send();
    },
  );
}

interface SessionRouteDeps {
  heartbeats: Pick<Heartbeats, 'beat'>;
}

/** `/api/v1/session` (contracts/behavior.txt). */
function sessionRoute(app: FastifyInstance, { heartbeats }: SessionRouteDeps): void {
  app.post(
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
    async (request) => ({
      ...(await heartbeats.beat(keyOf(request), toHeartbeat(request.body, request))),
      ...defined({ metadata: request.body.metadata }),
    }),
  );
}
