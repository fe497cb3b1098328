import type { PersonClaims, TokenRealm } from '../../engine/accounts/index.ts';
import type { Presence, Sessions } from '../../engine/live/index.ts';

/** Whether what a token says still holds, by the feature that had it issued. */
export const createStanding =
  ({
    presence,
    liveSessions,
  }: {
    presence: Pick<Presence, 'stands'>;
    liveSessions: Pick<Sessions, 'stands'>;
  }) =>
  (realm: TokenRealm, token: PersonClaims): Promise<boolean> =>
    token.kind === 'presence'
      ? presence.stands(realm, token.claims)
      : liveSessions.stands(realm, token.claims.sessionId);
