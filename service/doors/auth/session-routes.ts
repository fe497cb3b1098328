import type { FastifyInstance, FastifyReply } from 'fastify';
import { administratorOfRequest } from '../../http/authentication.ts';
import { endedSessionCookie, fromSessionCookie, siteOf } from '../../http/sign-in/administrator-sessions.ts';
import { Problem } from '../../lib/problem.ts';
import { type AuthDeps, actorOf, own, ownOrEnrolling, ownWithFreshFactor } from './auth-deps.ts';
import { fromSession, fromSessions } from './translate.ts';
import { Nothing, PasswordChange, SessionParams, StepUp } from './wire.ts';
import {
  ConsoleReply,
  EndedSessionsReply,
  RecoveryCodesReply,
  RequestOptionsReply,
  SessionsReply,
  StepUpReply,
} from './wire-replies.ts';

const tags = ['sign-in'];
const done = (reply: FastifyReply) => reply.code(204).send();

/** For signed-in administrators: their own sessions, password and factors. */
export function sessionRoutes(app: FastifyInstance, { administrators }: AuthDeps): void {
  app.get(
    '/api/auth/session',
    {
      config: { access: ownOrEnrolling, quiet: true },
      schema: {
        operationId: 'getSession',
        summary: 'Show the session',
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
        description: 'Ends the session with all its access tokens, and removes the cookie.',
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

  app.delete(
    '/api/auth/sessions',
    {
      config: { access: own },
      schema: {
        operationId: 'endOwnSessions',
        summary: 'Sign out everywhere',
        description:
          'Ends all your sessions on all devices, this one too, with all their access tokens, and removes the cookie.',
        tags,
        response: { 200: EndedSessionsReply },
      },
    },
    async (request, reply) => {
      const { administrator } = administratorOfRequest(request);
      const sessions = await administrators.endSessions(administrator, actorOf(request));
      reply.header('set-cookie', endedSessionCookie);
      return { sessions };
    },
  );

  app.delete(
    '/api/auth/sessions/:id',
    {
      config: { access: own, refuses: ['NOT_FOUND'] },
      schema: {
        operationId: 'endOwnSession',
        summary: 'End one of your sessions',
        description: 'Ends it at once with all its access tokens.',
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

  app.post(
    '/api/auth/password',
    {
      config: { access: own, refuses: ['SIGN_IN_REFUSED', 'SIGN_IN_DELAYED', 'PASSWORD_TOO_WEAK'] },
      schema: {
        operationId: 'changePassword',
        summary: 'Change your password',
        description: 'Ends your other sessions.',
        tags,
        body: PasswordChange,
        response: { 204: Nothing.describe('Changed') },
      },
    },
    async (request, reply) => {
      const { current, next } = request.body;
      const { session } = administratorOfRequest(request);
      await administrators.changePassword(session, current, next, actorOf(request));
      return done(reply);
    },
  );

  app.post(
    '/api/auth/recovery-codes',
    {
      config: { access: ownWithFreshFactor, refuses: ['CONFLICT'] },
      schema: {
        operationId: 'makeRecoveryCodes',
        summary: 'Create recovery codes',
        description: 'Creates ten codes, which replace earlier ones and are shown only once.',
        tags,
        body: Nothing,
        response: { 200: RecoveryCodesReply },
      },
    },
    async (request) => {
      const { administrator } = administratorOfRequest(request);
      return { codes: await administrators.newRecoveryCodes(administrator, actorOf(request)) };
    },
  );

  const refuses = ['PASSKEY_REFUSED'] as const;
  app.post(
    '/api/auth/step-up/options',
    {
      config: { access: own, refuses },
      schema: {
        operationId: 'stepUpOptions',
        summary: 'Start proving the second factor again',
        description: 'After a route answered `FRESH_FACTOR_REQUIRED`.',
        tags,
        body: Nothing,
        response: { 200: RequestOptionsReply },
      },
    },
    async (request) => {
      const { session } = administratorOfRequest(request);
      return { options: await administrators.passkeyRequestOptions({ session }, siteOf(request)) };
    },
  );

  app.post(
    '/api/auth/step-up',
    {
      bodyLimit: 64 * 1024,
      config: { access: own, refuses },
      schema: {
        operationId: 'stepUp',
        summary: 'Prove the second factor again',
        description: 'Then repeat the request that asked for it, within 5 minutes.',
        tags,
        body: StepUp,
        response: { 200: StepUpReply },
      },
    },
    async (request) => {
      const { session: id } = administratorOfRequest(request);
      const { factorAt } = await administrators.proveAgain(id, request.body.credential, siteOf(request));
      if (factorAt === undefined) throw new Error('A second factor was proven and has no time.');
      return { factorAt: new Date(factorAt).toISOString() };
    },
  );
}
