import type { FastifyInstance, FastifyReply } from 'fastify';
import { administratorOfRequest } from '../../http/authentication.ts';
import { endedSessionCookie, fromSessionCookie } from '../../http/sign-in/session-cookie.ts';
import { Problem } from '../../lib/problem.ts';
import { own, ownOrEnrolling } from './access.ts';
import { actorOf } from './actor.ts';
import type { AuthDeps } from './index.ts';
import { fromSession, fromSessions } from './translate.ts';
import { Nothing, SessionParams } from './wire.ts';
import { ConsoleReply, SessionsReply } from './wire-replies.ts';

const tags = ['sign-in'];
const done = (reply: FastifyReply) => reply.code(204).send();

/** For signed-in administrators: their own sessions, password and factors. */
export function sessionRoutes(app: FastifyInstance, deps: AuthDeps): void {
  currentSessionRoutes(app, deps);
  ownSessionsRoutes(app, deps);
}

function currentSessionRoutes(app: FastifyInstance, { administrators }: AuthDeps): void {
  app.get(
    '/api/auth/session',
    {
      config: { access: ownOrEnrolling, quiet: true },
      schema: {
        operationId: 'getSession',
        summary: 'Show who is signed in',
        description: 'The session of the cookie or of the access token.',
        tags,
        response: { 200: ConsoleReply },
      },
    },
    async (request) => {
      const { session: id } = administratorOfRequest(request);
      const secret = fromSessionCookie(request.headers.cookie);
      const opened = secret === undefined ? undefined : await administrators.sessionOf(secret);
      if (opened?.session.id === id) return fromSession(opened.session, opened.csrf);
      const session = await administrators.sessionById(id);
      if (session) return fromSession(session);
      throw new Problem('MISSING_AUTH', 'The session has ended: sign in again.');
    },
  );

  app.post(
    '/api/auth/logout',
    {
      config: { access: ownOrEnrolling },
      schema: {
        operationId: 'signOut',
        summary: 'Sign out',
        description: 'Ends the session, with every access token of it, and removes the cookie.',
        tags,
        body: Nothing,
        response: { 204: Nothing.describe('Signed out') },
      },
    },
    async (request, reply) => {
      await administrators.signOut(administratorOfRequest(request).session, actorOf(request));
      reply.header('set-cookie', endedSessionCookie);
      return done(reply);
    },
  );
}

function ownSessionsRoutes(app: FastifyInstance, { administrators }: AuthDeps): void {
  app.get(
    '/api/auth/sessions',
    {
      config: { access: own },
      schema: {
        operationId: 'listOwnSessions',
        summary: 'List your sessions',
        description: 'Of the signed-in administrator, on all devices.',
        tags,
        response: { 200: SessionsReply },
      },
    },
    async (request) => {
      const { administrator, session } = administratorOfRequest(request);
      return fromSessions(await administrators.listSessions(administrator), session);
    },
  );

  app.delete<{ Params: SessionParams }>(
    '/api/auth/sessions/:id',
    {
      config: { access: own, refuses: ['NOT_FOUND'] },
      schema: {
        operationId: 'endOwnSession',
        summary: 'End one of your sessions',
        description: 'At once, with every access token of it.',
        tags,
        params: SessionParams,
        response: { 204: Nothing.describe('Ended') },
      },
    },
    async (request, reply) => {
      const { administrator } = administratorOfRequest(request);
      await administrators.endSession(administrator, request.params.id, actorOf(request));
      return done(reply);
    },
  );
}
