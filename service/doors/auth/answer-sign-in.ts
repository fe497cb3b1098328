import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Administrator, AdministratorTokens, From, OpenedSession } from '../../engine/accounts/index.ts';
import { isSameOrigin, isSecureContext, toSessionCookie } from '../../http/sign-in/administrator-sessions.ts';
import { defined } from '../../lib/defined.ts';
import { Problem } from '../../lib/problem.ts';
import { fromOpened, type IssuedToken } from './translate.ts';

export const fromOf = ({ ip, headers }: FastifyRequest): From => ({
  source: ip,
  ...defined({ device: headers['user-agent'] }),
});

/**
 * Before anything is judged. Throws CSRF_REFUSED for the page of another origin, which could sign its visitor in with another account,
 * and INVALID_REQUEST where browsers would drop the cookie.
 */
export function requireCookieOrigin(request: FastifyRequest, cookie: boolean | undefined): void {
  if (!cookie) return;
  const { origin, 'sec-fetch-site': site } = request.headers;
  if ((origin !== undefined || site !== undefined) && !isSameOrigin(request)) {
    throw new Problem('CSRF_REFUSED', 'Only the pages of this appliance sign in with a cookie.');
  }
  if (!isSecureContext(request)) {
    throw new Problem(
      'INVALID_REQUEST',
      'A session needs HTTPS, or a browser on the machine itself: over plain HTTP browsers drop its cookie. Open the appliance over HTTPS.',
      { details: [{ path: 'cookie', message: 'It needs HTTPS.' }] },
    );
  }
}

/** The session as a cookie, or as an access token in the words of the route. */
export async function answerSignIn<TokenAnswer>(
  { tokens }: { tokens: Pick<AdministratorTokens, 'issue'> },
  reply: FastifyReply,
  opened: OpenedSession,
  cookie: boolean | undefined,
  fromToken: (administrator: Administrator, token: IssuedToken) => TokenAnswer,
): Promise<TokenAnswer | ReturnType<typeof fromOpened>> {
  const { session, secret } = opened;
  const { id, administrator, expiresAt } = session;
  if (cookie) {
    reply.header('set-cookie', toSessionCookie(secret));
    return fromOpened(opened);
  }
  const token = await tokens.issue({ administrator: administrator.id, session: id }, expiresAt);
  return fromToken(administrator, token);
}
