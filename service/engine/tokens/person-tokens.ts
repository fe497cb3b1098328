import { randomFillSync } from 'node:crypto';
import { type JWTPayload, SignJWT } from 'jose';
import type { Clock } from '../../lib/clock.ts';
import type { OrganizationId, World } from '../../lib/id.ts';
import { Problem } from '../../lib/problem.ts';
import type { InTransaction } from '../../storage/transaction.ts';
import type { Actor, Audit } from '../audit/index.ts';
import { checkToken, type TokenDemand, type TokenFinding } from './check-token.ts';
import {
  audienceOf,
  LONGEST_TOKEN_LIFE,
  PASS_PREFIX,
  type PassClaims,
  type PersonTokenKind,
  type PresenceClaims,
  tokenTypes,
} from './claims.ts';
import type { Jwks } from './jwks.ts';
import { createTokenRing, type TokenRingDeps } from './token-ring.ts';
import { insertTokenUse } from './token-use-store.ts';

export interface TokenRealm {
  organization: OrganizationId;
  world: World;
}

/** Claims that the issuer fills in. */
type Filled = 'iss' | 'aud' | 'orgId' | 'env' | 'jti' | 'iat' | 'exp';

export interface PresenceTokens {
  /** `ttlMs`: at most an hour. `expiresAt` in ms since 1970. */
  issue(
    realm: TokenRealm,
    claims: Omit<PresenceClaims, Filled>,
    ttlMs: number,
  ): Promise<{ token: string; jti: string; issuedAt: number; expiresAt: number }>;
}

export interface PassTokens {
  /** Valid for an hour. Only an approved session has a pass. */
  issue(
    realm: TokenRealm,
    claims: Omit<PassClaims, Filled | 'sub' | 'decision'>,
  ): Promise<{ passToken: string; expiresAt: number }>;
}

/** Tokens that say something about a person to a relying party, which verifies them with the published keys alone. */
export interface PersonTokens {
  /** `iss` of every token: the id of the appliance. */
  issuer: string;
  presence: PresenceTokens;
  passes: PassTokens;
  jwks(): Jwks;
  /** Whether it is valid now, is of this appliance, and is for this organization and world. Does not mark it as used. */
  check(
    realm: TokenRealm,
    token: string,
    demand?: Pick<TokenDemand, 'kind' | 'nonce'>,
  ): Promise<TokenFinding>;
  /** Marks a token for one use as used; `already_used` where it was. Others come back as they are. */
  redeem(realm: TokenRealm, finding: TokenFinding, actor: Actor): Promise<TokenFinding>;
}

export interface PersonTokensDeps extends TokenRingDeps {
  issuer: string;
  inTransaction: InTransaction;
  audit: Pick<Audit, 'add'>;
  clock: Clock;
  random?: (into: Uint8Array) => void;
}

export function createPersonTokens({
  issuer,
  signing,
  inTransaction,
  audit,
  clock,
  random = randomFillSync,
}: PersonTokensDeps): PersonTokens {
  const ring = createTokenRing({ signing, clock });

  async function issue(kind: PersonTokenKind, realm: TokenRealm, claims: JWTPayload, ttlMs: number) {
    if (!(ttlMs > 0 && ttlMs <= LONGEST_TOKEN_LIFE))
      throw new Problem(
        'INVALID_REQUEST',
        `A token is valid for ${LONGEST_TOKEN_LIFE / 1000} seconds at most.`,
      );
    const { kid, privateKey } = ring.current();
    const issuedAt = Math.floor(clock.now() / 1000);
    const expires = issuedAt + Math.max(1, Math.floor(ttlMs / 1000));
    const bytes = new Uint8Array(16);
    random(bytes);
    const jti = Buffer.from(bytes).toString('base64url');
    const whole = {
      ...claims,
      iss: issuer,
      aud: audienceOf(realm),
      orgId: realm.organization,
      env: realm.world,
      jti,
      iat: issuedAt,
      exp: expires,
    };
    const token = await new SignJWT(whole)
      .setProtectedHeader({ alg: 'EdDSA', typ: tokenTypes[kind], kid })
      .sign(privateKey);
    return { token, jti, issuedAt: issuedAt * 1000, expiresAt: expires * 1000 };
  }

  return {
    issuer,
    presence: { issue: (realm, claims, ttlMs) => issue('presence', realm, claims, ttlMs) },
    passes: {
      async issue(realm, claims) {
        const filled = { ...claims, sub: claims.sessionId, decision: 'approved' };
        const { token, expiresAt } = await issue('pass', realm, filled, LONGEST_TOKEN_LIFE);
        return { passToken: `${PASS_PREFIX}${token}`, expiresAt };
      },
    },
    jwks: ring.jwks,
    check: (realm, token, demand = {}) =>
      checkToken(token, ring.verifier, { ...demand, issuer, audience: audienceOf(realm) }, clock.now()),
    async redeem({ organization, world }, finding, actor) {
      if (!finding.valid || finding.kind !== 'presence' || !finding.claims.singleUse) return finding;
      const { jti, exp, sessionId } = finding.claims;
      const use = { organization, world, jti, usedAt: clock.now(), expiresAt: exp * 1000 };
      const first = await inTransaction(async (tx) => {
        if (!(await insertTokenUse(tx, use))) return false;
        const line = { action: 'presence-token.use', organization, target: sessionId } as const;
        await audit.add(tx, { actor, ...line, details: { jti, world } });
        return true;
      });
      return first ? finding : { valid: false, reason: 'already_used' };
    },
  };
}
