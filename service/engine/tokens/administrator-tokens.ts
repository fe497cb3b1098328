import { z } from 'zod';
import type { AdministratorId } from '../../lib/id.ts';
import { createSignedTokens, type SignedTokensDeps } from './signed-tokens.ts';

/** The session of an access token, which can be ended at any time. The token has no role: that is read with the session. */
export interface TokenOwner {
  administrator: AdministratorId;
  session: string;
}

/** Access tokens of administrators, for callers that keep no cookie. */
export interface AdministratorTokens {
  /** `until`: the end of the session, ms since 1970. */
  issue(owner: TokenOwner, until: number): Promise<{ token: string; expiresAt: number }>;
  /** Undefined for an invalid access token. The caller has to check that the session is still valid. */
  read(token: string): Promise<TokenOwner | undefined>;
}

const LIFETIME = 15 * 60_000;

export function createAdministratorTokens(
  deps: Omit<SignedTokensDeps<z.ZodObject>, 'kind'>,
): AdministratorTokens {
  const tokens = createSignedTokens({
    ...deps,
    kind: {
      typ: 'admin+jwt',
      issuer: 'gatehouse',
      audience: 'gatehouse:administrators',
      lifetime: LIFETIME,
      claims: z.object({ sub: z.string().min(1), sid: z.string().min(1) }),
    },
  });
  return {
    issue: ({ administrator, session }, until) => tokens.issue({ sub: administrator, sid: session }, until),
    async read(token) {
      const claims = await tokens.read(token);
      return claims && { administrator: claims.sub as AdministratorId, session: claims.sid };
    },
  };
}
