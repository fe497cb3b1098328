import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Problem } from '../../lib/problem.ts';
import { answerSignIn, fromOf, requireCookiePlace } from './answer-sign-in.ts';
import type { AuthDeps } from './index.ts';
import { fromSecondFactor, fromToken } from './translate.ts';
import { Login } from './wire.ts';
import { LoginReply } from './wire-replies.ts';

const tags = ['sign-in'];
const access = 'public';
const refuses = ['SIGN_IN_REFUSED', 'SIGN_IN_DELAYED', 'OVERLOADED'] as const;

/** For callers who are not signed in. */
export function signInRoutes(app: FastifyInstance, deps: AuthDeps): void {
  const { administrators } = deps;

  const login = async (request: FastifyRequest<{ Body: Login }>, reply: FastifyReply) => {
    const { email, password, cookie } = request.body;
    requireCookiePlace(request, cookie);
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
      'Answers an access token, or which second factor has to follow. Later than 7 days after the account was made, without a second factor, it answers 403 with a `sessionToken`, with which and a one-time code one can be enrolled.',
    tags,
    body: Login,
    response: { 200: LoginReply },
  };
  const loginConfig = { access, refuses: [...refuses, 'SECOND_FACTOR_REQUIRED', 'CSRF_REFUSED'] } as const;
  app.post<{ Body: Login }>(
    '/api/auth/login',
    { config: loginConfig, schema: { ...loginSchema, operationId: 'signIn' } },
    login,
  );
  app.post<{ Body: Login }>(
    '/api/v1/auth/login',
    { config: loginConfig, schema: { ...loginSchema, operationId: 'signInHumanPass' } },
    login,
  );
}
