import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Problem } from '../../lib/problem.ts';
import { answerSignIn, fromOf, requireCookieOrigin } from './answer-sign-in.ts';
import type { AuthDeps } from './auth-deps.ts';
import { fromSecondFactor, fromToken } from './translate.ts';
import { EnrollmentSignIn, Login, Nothing, NoticeQuery, PasswordByCode, RecoverySignIn } from './wire.ts';
import { LoginReply, NoticeReply, SignedInReply } from './wire-replies.ts';

const tags = ['sign-in'];
const access = 'public';
const refuses = ['SIGN_IN_REFUSED', 'SIGN_IN_DELAYED', 'OVERLOADED'] as const;

/** For callers who are not signed in. */
export function signInRoutes(app: FastifyInstance, deps: AuthDeps): void {
  const { organizations, administrators } = deps;

  // The notice of an organization is for its own people: of several, the one that alone has administrators with addresses of the domain.
  // Which accounts there are is not said.
  app.get(
    '/api/auth/notice',
    {
      config: { access, quiet: true },
      schema: {
        operationId: 'getSignInNotice',
        summary: 'Show what people read before they sign in',
        description:
          'The notice of the organization, without its name. Where the box has several: of the one whose administrators alone have addresses of `domain`.',
        tags,
        querystring: NoticeQuery,
        response: { 200: NoticeReply },
      },
    },
    async ({ query: { domain } }) => {
      const all = (await organizations.list()).filter(({ erasedAt }) => erasedAt === undefined);
      const id =
        all.length === 1 || domain === undefined
          ? undefined
          : await administrators.organizationOfDomain(domain);
      const own = all.length === 1 ? all[0] : all.find((one) => one.id === id);
      return { notices: own?.signInNotice === undefined ? [] : [own.signInNotice] };
    },
  );

  const login = async (request: FastifyRequest<{ Body: Login }>, reply: FastifyReply) => {
    const { email, password, cookie } = request.body;
    requireCookieOrigin(request, cookie);
    const answer = await administrators.signIn({ email, password, ...fromOf(request) });
    switch (answer.is) {
      case 'signed-in':
        return answerSignIn(deps, reply, answer, cookie, fromToken);
      case 'second-factor':
        return fromSecondFactor(answer);
      case 'enrollment-required':
        throw new Problem('SECOND_FACTOR_REQUIRED', '2FA enrollment required', {
          sessionToken: answer.ticket,
        });
      default:
        return answer satisfies never;
    }
  };
  const loginSchema = {
    summary: 'Sign in',
    description:
      'Returns an access token, or the second factors to choose from. More than 7 days after the creation of an account without a second factor it answers 403 with a `sessionToken`, which together with a one-time code allows enrolling one.',
    tags,
    body: Login,
    response: { 200: LoginReply },
  };
  const loginConfig = { access, refuses: [...refuses, 'SECOND_FACTOR_REQUIRED', 'CSRF_REFUSED'] } as const;
  app.post(
    '/api/auth/login',
    { config: loginConfig, schema: { ...loginSchema, operationId: 'signIn' } },
    login,
  );
  app.post(
    '/api/v1/auth/login',
    { config: loginConfig, schema: { ...loginSchema, operationId: 'signInHumanPass' } },
    login,
  );

  app.post(
    '/api/auth/2fa/recovery',
    {
      config: { access, refuses: [...refuses, 'CSRF_REFUSED'] },
      schema: {
        operationId: 'finishSignInByRecoveryCode',
        summary: 'Finish signing in with a recovery code',
        description: 'Replaces a passkey that is not available. Each code works once.',
        tags,
        body: RecoverySignIn,
        response: { 200: SignedInReply },
      },
    },
    async (request, reply) => {
      const { sessionToken, code, cookie } = request.body;
      requireCookieOrigin(request, cookie);
      const opened = await administrators.finishWithRecoveryCode(sessionToken, code, fromOf(request));
      return answerSignIn(deps, reply, opened, cookie, fromToken);
    },
  );

  app.post(
    '/api/auth/2fa/enrollment',
    {
      config: { access, refuses: [...refuses, 'CSRF_REFUSED'] },
      schema: {
        operationId: 'beginEnrollment',
        summary: 'Start enrolling a second factor after the deadline',
        description:
          'With the `sessionToken` of the 403 and a one-time code from an owner or from `gatehouse admin reset`. The session can do nothing but enroll a second factor.',
        tags,
        body: EnrollmentSignIn,
        response: { 200: SignedInReply },
      },
    },
    async (request, reply) => {
      const { sessionToken, code, cookie } = request.body;
      requireCookieOrigin(request, cookie);
      const opened = await administrators.openEnrollment(sessionToken, code, fromOf(request));
      return answerSignIn(deps, reply, opened, cookie, fromToken);
    },
  );

  app.post(
    '/api/auth/password/code',
    {
      config: { access, refuses: [...refuses, 'PASSWORD_TOO_WEAK'] },
      schema: {
        operationId: 'setPasswordByCode',
        summary: 'Set a password with a one-time code',
        description:
          'The code is issued with a new account and by `gatehouse admin reset`, and works for 24 hours. Sign in afterwards.',
        tags,
        body: PasswordByCode,
        response: { 204: Nothing.describe('Set') },
      },
    },
    async (request, reply) => {
      const { email, code, password } = request.body;
      await administrators.setPasswordWithCode(email, code, password, fromOf(request));
      return reply.code(204).send();
    },
  );
}
