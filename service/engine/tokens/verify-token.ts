import type { Actor } from '../audit/index.ts';
import type { TokenDemand, TokenFinding } from './check-token.ts';
import type { PersonClaims } from './claims.ts';
import type { PersonTokens, TokenRealm } from './person-tokens.ts';

export interface VerifyTokenDeps {
  personTokens: Pick<PersonTokens, 'check' | 'redeem'>;
  /** Whether what the token says still holds: its session is kept, and its person was not erased since. */
  stands(realm: TokenRealm, token: PersonClaims): Promise<boolean>;
}

/** Whether a token counts for this organization and world, here and now. */
export type VerifyToken = (
  realm: TokenRealm,
  token: string,
  demand: Pick<TokenDemand, 'kind' | 'nonce'>,
  actor: Actor,
) => Promise<TokenFinding>;

/** Beside signature and claims, the session has to stand. A token for one use is marked last, so that a refusal does not use it up. */
export function createVerifyToken({ personTokens, stands }: VerifyTokenDeps): VerifyToken {
  return async function verifyToken(realm, token, demand, actor) {
    const found = await personTokens.check(realm, token, demand);
    if (!found.valid) return found;
    if (!(await stands(realm, found))) return { valid: false, reason: 'revoked' };
    return personTokens.redeem(realm, found, actor);
  };
}
