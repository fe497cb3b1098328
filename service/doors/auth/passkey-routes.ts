import type { FastifyInstance, FastifyRequest } from 'fastify';
import { administratorOfRequest } from '../../http/authentication.ts';
import { requireFreshFactor, siteOf } from '../../http/sign-in/administrator-sessions.ts';
import { Problem } from '../../lib/problem.ts';
import { answerSignIn, fromOf, requireCookieOrigin } from './answer-sign-in.ts';
import { type AuthDeps, actorOf, own, ownOrEnrolling, ownWithFreshFactor } from './auth-deps.ts';
import { fromNewPasskey, fromPasskeys, fromTokenByPasskey } from './translate.ts';
import {
  NewPasskey,
  Nothing,
  PasskeyAlone,
  PasskeyName,
  PasskeyParams,
  PasskeySignIn,
  Ticket,
} from './wire.ts';
import {
  CreationOptionsReply,
  DoneReply,
  NewPasskeyReply,
  PasskeySignInReply,
  PasskeysReply,
  RequestOptionsReply,
} from './wire-replies.ts';

const tags = ['sign-in'];
const root = '/api/auth/2fa/passkey';
const refuses = ['PASSKEY_REFUSED'] as const;
/** The browser's answer with an attestation: a few kilobytes. */
const BODY = 64 * 1024;

/** identity.txt, "Passkey API". */
export function passkeyRoutes(app: FastifyInstance, deps: AuthDeps): void {
  const { administrators } = deps;

  app.post(
    `${root}/register-options`,
    {
      config: { access: ownOrEnrolling, refuses: [...refuses, 'FRESH_FACTOR_REQUIRED'] },
      schema: {
        operationId: 'passkeyRegisterOptions',
        summary: 'Start enrolling a passkey',
        description:
          "For the signed-in administrator. Passkeys are bound to the host name in the browser's address. A further passkey needs a fresh second factor.",
        tags,
        body: Nothing,
        response: { 200: CreationOptionsReply },
      },
    },
    async (request) => {
      await requireFreshForAnother(deps, request);
      const { session } = administratorOfRequest(request);
      return { options: await administrators.passkeyCreationOptions(session, siteOf(request)) };
    },
  );

  app.post(
    `${root}/register`,
    {
      bodyLimit: BODY,
      config: { access: ownOrEnrolling, refuses: [...refuses, 'FRESH_FACTOR_REQUIRED', 'CONFLICT'] },
      schema: {
        operationId: 'passkeyRegister',
        summary: 'Enroll a passkey',
        description: 'Sends the credential that the browser created with the options.',
        tags,
        body: NewPasskey,
        response: { 200: NewPasskeyReply },
      },
    },
    async (request) => {
      await requireFreshForAnother(deps, request);
      const { session } = administratorOfRequest(request);
      const { credential, name } = request.body;
      const who = actorOf(request);
      const passkey = await administrators.addPasskey(session, credential, name, siteOf(request), who);
      return fromNewPasskey(passkey);
    },
  );

  app.post(
    `${root}/authenticate-options`,
    {
      config: { access: 'public', refuses: [...refuses, 'SIGN_IN_REFUSED'] },
      schema: {
        operationId: 'passkeyAuthenticateOptions',
        summary: 'Start signing in with a passkey',
        description: 'After sign-in answered `requires_2fa`.',
        tags,
        body: Ticket,
        response: { 200: RequestOptionsReply },
      },
    },
    async (request) => {
      const { sessionToken: ticket } = request.body;
      return { options: await administrators.passkeyRequestOptions({ ticket }, siteOf(request)) };
    },
  );

  app.post(
    `${root}/authenticate`,
    {
      bodyLimit: BODY,
      config: {
        access: 'public',
        refuses: [...refuses, 'SIGN_IN_REFUSED', 'SIGN_IN_DELAYED', 'CSRF_REFUSED'],
      },
      schema: {
        operationId: 'passkeyAuthenticate',
        summary: 'Finish signing in with a passkey',
        description: 'Sends the credential that the browser created with the options.',
        tags,
        body: PasskeySignIn,
        response: { 200: PasskeySignInReply },
      },
    },
    async (request, reply) => {
      const { sessionToken, credential, cookie } = request.body;
      requireCookieOrigin(request, cookie);
      const site = siteOf(request);
      const opened = await administrators.finishWithPasskey(sessionToken, credential, site, fromOf(request));
      const answer = await answerSignIn(deps, reply, opened, cookie, fromTokenByPasskey);
      return { success: true as const, ...answer };
    },
  );

  // Without a password: a passkey that its authenticator keeps, after it has verified the person.
  app.post(
    '/api/auth/passkey/options',
    {
      config: { access: 'public', refuses },
      schema: {
        operationId: 'passkeySignInOptions',
        summary: 'Start signing in with a passkey alone',
        description:
          'Without e-mail address and password: the browser offers the passkeys that it keeps for this host name.',
        tags,
        body: Nothing,
        response: { 200: RequestOptionsReply },
      },
    },
    async (request) => ({ options: await administrators.signInOptions(siteOf(request), fromOf(request)) }),
  );

  app.post(
    '/api/auth/passkey',
    {
      bodyLimit: BODY,
      config: { access: 'public', refuses: [...refuses, 'SIGN_IN_DELAYED', 'CSRF_REFUSED'] },
      schema: {
        operationId: 'passkeySignIn',
        summary: 'Sign in with a passkey alone',
        description:
          'Sends the credential that the browser created with the options. A passkey is both factors: the authenticator has verified the person.',
        tags,
        body: PasskeyAlone,
        response: { 200: PasskeySignInReply },
      },
    },
    async (request, reply) => {
      const { credential, cookie } = request.body;
      requireCookieOrigin(request, cookie);
      const opened = await administrators.signInWithPasskey(credential, siteOf(request), fromOf(request));
      const answer = await answerSignIn(deps, reply, opened, cookie, fromTokenByPasskey);
      return { success: true as const, ...answer };
    },
  );

  app.get(
    `${root}/credentials`,
    {
      config: { access: own },
      schema: {
        operationId: 'listPasskeys',
        summary: 'List your passkeys',
        description: 'The passkeys of the signed-in administrator.',
        tags,
        response: { 200: PasskeysReply },
      },
    },
    async (request) => {
      const { administrator } = administratorOfRequest(request);
      return fromPasskeys(await administrators.listPasskeys(administrator));
    },
  );

  app.patch(
    `${root}/credentials/:id`,
    {
      config: { access: own, refuses: ['NOT_FOUND'] },
      schema: {
        operationId: 'renamePasskey',
        summary: 'Rename a passkey',
        description: 'The name is only shown to its owner.',
        tags,
        params: PasskeyParams,
        body: PasskeyName,
        response: { 200: DoneReply },
      },
    },
    async (request) => {
      const { administrator } = administratorOfRequest(request);
      await administrators.renamePasskey(
        administrator,
        request.params.id,
        request.body.name,
        actorOf(request),
      );
      return { success: true as const, message: 'Passkey renamed' };
    },
  );

  app.delete(
    `${root}/credentials/:id`,
    {
      config: { access: ownWithFreshFactor, refuses: ['NOT_FOUND', 'LAST_FACTOR'] },
      schema: {
        operationId: 'removePasskey',
        summary: 'Remove a passkey',
        description: 'At least one second factor has to remain.',
        tags,
        params: PasskeyParams,
        response: { 200: DoneReply },
      },
    },
    async (request) => {
      const { administrator } = administratorOfRequest(request);
      await administrators.removePasskey(administrator, request.params.id, actorOf(request));
      return { success: true as const, message: 'Passkey removed' };
    },
  );
}

/** Another factor takes a fresh one; the first cannot. */
async function requireFreshForAnother(
  { administrators, sessions }: AuthDeps,
  request: FastifyRequest,
): Promise<void> {
  const caller = administratorOfRequest(request);
  const session = await administrators.sessionById(caller.session);
  if (!session) throw new Problem('MISSING_AUTH', 'The session has ended: sign in again.');
  const { passkeys, recoveryCodes } = session.administrator;
  if (passkeys > 0 || recoveryCodes > 0) requireFreshFactor(sessions, caller);
}
