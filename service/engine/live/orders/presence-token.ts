import { defined } from '../../../lib/defined.ts';
import type { PersonTokens, PresenceClaims, TokenFault, TokenRealm } from '../../accounts/index.ts';
import type { Actor } from '../../audit/index.ts';
import type { OwnerSealer } from '../sessions/sealed-store.ts';

export interface VerifyTokenRequest {
  token: string;
  expectedOrgId?: string;
  expectedEmail?: string;
  expectedNonce?: string;
}

export type TokenRefusal = TokenFault | 'wrong_organization' | 'wrong_email';

/** What a token says, once it counts. */
export interface PresenceStatement {
  /** The e-mail address of the person; their id where they have none. */
  sub: string;
  orgId: string;
  userId: string;
  sessionId: string;
  purpose: string;
  nonce?: string;
  checks: Record<string, number>;
  assurance: string;
  jti: string;
  issuedAt: number;
  expiresAt: number;
}

export type TokenVerdict =
  | { valid: true; statement: PresenceStatement }
  | { valid: false; reason: TokenRefusal };

/**
 * Beside the signature and the claims, the session has to be there: a token of a person who was erased does not count here any more.
 * A token for one use is marked last, so that a wrong expectation does not use it up.
 */
export function createVerifyToken(
  {
    sealer,
    tokens,
  }: { sealer: Pick<OwnerSealer, 'emailHash'>; tokens: Pick<PersonTokens, 'check' | 'redeem'> },
  stands: (realm: TokenRealm, claims: PresenceClaims) => Promise<boolean>,
) {
  return async function verifyToken(
    { organization, world }: TokenRealm,
    order: VerifyTokenRequest,
    actor: Actor,
  ): Promise<TokenVerdict> {
    const realm = { organization, world };
    const demand = { kind: 'presence' as const, ...defined({ nonce: order.expectedNonce }) };
    const found = await tokens.check(realm, order.token, demand);
    if (!found.valid) return refuse(found.reason);
    if (found.kind !== 'presence') return refuse('wrong_kind');
    const { claims } = found;
    const mismatch = mismatchOf(realm, order, claims.sub);
    if (mismatch) return refuse(mismatch);
    if (!(await stands(realm, claims))) return refuse('revoked');
    const used = await tokens.redeem(realm, found, actor);
    if (!used.valid) return refuse(used.reason);
    const { sub, orgId, userId, sessionId, purpose, nonce, checks, assurance, jti, iat, exp } = claims;
    return {
      valid: true,
      statement: {
        sub,
        orgId,
        userId,
        sessionId,
        purpose,
        checks,
        assurance,
        jti,
        ...defined({ nonce }),
        issuedAt: iat * 1000,
        expiresAt: exp * 1000,
      },
    };
  };

  function mismatchOf(
    { organization }: TokenRealm,
    { expectedOrgId, expectedEmail }: VerifyTokenRequest,
    sub: string,
  ): TokenRefusal | undefined {
    if (expectedOrgId !== undefined && expectedOrgId !== organization) return 'wrong_organization';
    // Compared as addresses are: their keyed hashes are of the normalized form.
    const hash = (email: string) => sealer.emailHash(organization, email);
    if (expectedEmail !== undefined && hash(expectedEmail) !== hash(sub)) return 'wrong_email';
    return undefined;
  }
}

const refuse = (reason: TokenRefusal): TokenVerdict => ({ valid: false, reason });
