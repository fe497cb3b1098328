import type { FastifyPluginAsync, RouteShorthandOptions } from 'fastify';
import type { Presence } from '../../engine/live/index.ts';
import { KeyListQuery, keyListPage } from '../../http/key-lists.ts';
import { ownOrigin } from '../../http/listening/own-hosts.ts';
import { ordering, reading, relyingParty, WorldQuery } from '../../http/sign-in/relying-party.ts';
import { defined } from '../../lib/defined.ts';
import { fromNewSession, fromProof, fromSession, fromVerdict, toCaller } from './translate.ts';
import {
  NewPresenceSession,
  NewPresenceSessionReply,
  PresencePage,
  PresenceParams,
  PresenceSessionReply,
  PresenceTokenReply,
  VerifyToken,
  VerifyTokenReply,
} from './wire.ts';

export interface PresenceDoorDeps {
  presence: Pick<Presence, 'create' | 'get' | 'page' | 'cancel' | 'token' | 'verifyToken'>;
}

const tags = ['presence'];
const access = ordering('presence');

const routes = {
  create: {
    config: {
      access,
      metered: true,
      idempotent: true,
      refuses: ['ORGANIZATION_MISMATCH', 'KIOSK_REQUIRED', 'MONTHLY_LIMIT_EXCEEDED', 'STORAGE_FULL'],
    },
    schema: {
      operationId: 'createPresenceSession',
      summary: 'Ask for a person',
      description:
        'Makes a session and a link for the person, who does a live check in the browser. Ask for the status until it is no longer `PENDING`, then fetch the token.',
      tags,
      querystring: WorldQuery,
      body: NewPresenceSession,
      response: { 201: NewPresenceSessionReply },
    },
  },
  list: {
    config: { access: 'presence' },
    schema: {
      operationId: 'listPresenceSessions',
      summary: 'List sessions',
      description: 'Those that the API key, or one before it, created, the newest first.',
      tags,
      querystring: KeyListQuery,
      response: { 200: PresencePage },
    },
  },
  get: {
    config: { access: reading('presence'), refuses: ['NOT_FOUND', 'SESSION_KEY_MISMATCH'] },
    schema: {
      operationId: 'getPresenceSession',
      summary: 'Status of a session',
      description:
        'For the API key that created the session, and its successors, or the administrator who did.',
      tags,
      querystring: WorldQuery,
      params: PresenceParams,
      response: { 200: PresenceSessionReply },
    },
  },
  cancel: {
    config: { access, refuses: ['NOT_FOUND', 'SESSION_KEY_MISMATCH', 'CONFLICT', 'SESSION_EXPIRED'] },
    schema: {
      operationId: 'cancelPresenceSession',
      summary: 'Cancel a session',
      description: 'The link leads nowhere from then on, and a live check in progress ends.',
      tags,
      querystring: WorldQuery,
      params: PresenceParams,
      response: { 200: PresenceSessionReply },
    },
  },
  token: {
    config: {
      access,
      refuses: ['NOT_FOUND', 'SESSION_KEY_MISMATCH', 'CONFLICT', 'EMAIL_MISMATCH', 'SESSION_EXPIRED'],
    },
    schema: {
      operationId: 'getPresenceToken',
      summary: 'Token of a verified session',
      description:
        'A 409 while the session is not `VERIFIED`, a 410 once the session or the token has expired, a 403 where it is locked to an e-mail address and another person appeared.',
      tags,
      querystring: WorldQuery,
      params: PresenceParams,
      response: { 200: PresenceTokenReply },
    },
  },
  verifyToken: {
    config: { access },
    schema: {
      operationId: 'verifyPresenceToken',
      summary: 'Verify a token',
      description:
        'Checks signature, time, organization and, where given, person and nonce. A token that does not count is answered with `valid: false` and a `reason`: `expired`, `wrong_nonce`, `wrong_email`, `wrong_organization`, `already_used`, `revoked` (as after the person was erased), or what is wrong with its form, kind or signature.',
      tags,
      querystring: WorldQuery,
      body: VerifyToken,
      response: { 200: VerifyTokenReply },
    },
  },
} satisfies Record<string, RouteShorthandOptions>;

/** `/api/presence/*` (contracts/identity.txt, "Human Presence Tokens"). */
export function createPresenceDoor({ presence }: PresenceDoorDeps): FastifyPluginAsync {
  return async (app) => {
    app.post('/api/presence/sessions', routes.create, async (request, reply) => {
      const caller = relyingParty(request);
      const made = await presence.create(toCaller(caller), defined(request.body), caller.actor);
      return reply.code(201).send(fromNewSession(made, ownOrigin(request)));
    });
    app.get('/api/presence/sessions', routes.list, async (request) => {
      const caller = toCaller(relyingParty(request));
      return keyListPage(request.query, (part) => presence.page(caller, part), fromSession);
    });
    app.get('/api/presence/sessions/:id', routes.get, async (request) => {
      const caller = relyingParty(request);
      return fromSession(await presence.get(toCaller(caller), request.params.id, caller.actor));
    });
    app.post('/api/presence/sessions/:id/cancel', routes.cancel, async (request) => {
      const caller = relyingParty(request);
      return fromSession(await presence.cancel(toCaller(caller), request.params.id, caller.actor));
    });
    app.get('/api/presence/sessions/:id/token', routes.token, async (request) => {
      const caller = relyingParty(request);
      return fromProof(await presence.token(toCaller(caller), request.params.id, caller.actor));
    });
    app.post('/api/presence/verify-token', routes.verifyToken, async (request) => {
      const caller = relyingParty(request);
      const order = defined(request.body);
      return fromVerdict(await presence.verifyToken(toCaller(caller), order, caller.actor));
    });
  };
}
