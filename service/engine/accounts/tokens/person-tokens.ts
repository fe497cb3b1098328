import { randomFillSync, type webcrypto } from 'node:crypto';
import { decodeProtectedHeader, errors, type JWTPayload, jwtVerify, SignJWT } from 'jose';
import { z } from 'zod';
import type { AdministratorId, OrganizationId, World } from '../../../lib/id.ts';
import { Problem } from '../../../lib/problem.ts';
import type { Actor, Audit, Foundation } from '../../audit/index.ts';
import {
  audienceOf,
  type Jwks,
  LONGEST_TOKEN_LIFE,
  PASS_PREFIX,
  PassClaims,
  type PersonClaims,
  type PersonTokenKind,
  PresenceClaims,
  tokenTypes,
} from './claims.ts';
import {
  createSignedTokens,
  createTokenRing,
  type SignedTokensDeps,
  type TokenRingDeps,
} from './signed-tokens.ts';
import { insertTokenUse, sweepTokenUses } from './token-use-store.ts';

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
    demand?: Pick<TokenRequirements, 'kind' | 'nonce'>,
  ): Promise<TokenFinding>;
  /** Marks a token for one use as used; `already_used` where it was. Others come back as they are. */
  redeem(realm: TokenRealm, finding: TokenFinding, actor: Actor): Promise<TokenFinding>;
  /** Forgets the uses of what has run out long ago: of tokens, visits and signed requests. */
  sweep(signal?: AbortSignal): Promise<void>;
}

interface PersonTokensDeps extends TokenRingDeps, Pick<Foundation, 'inTransaction' | 'clock'> {
  issuer: string;
  audit: Pick<Audit, 'add'>;
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
    sweep: (signal) => sweepTokenUses(inTransaction, clock.now(), signal),
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

export interface VerifyTokenDeps {
  personTokens: Pick<PersonTokens, 'check' | 'redeem'>;
  /** Whether what the token says still holds: its session is kept, and its person was not erased since. */
  stands(realm: TokenRealm, token: PersonClaims): Promise<boolean>;
}

/** Whether a token counts for this organization and world, here and now. */
export type VerifyToken = (
  realm: TokenRealm,
  token: string,
  demand: Pick<TokenRequirements, 'kind' | 'nonce'>,
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

/** The session of an access token, which can be ended at any time. The token has no role: that is read with the session. */
interface TokenOwner {
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

/** Why a token does not count. The last two only the box can find. */
export const tokenFaults = [
  'malformed',
  'wrong_kind',
  'wrong_algorithm',
  'unknown_key',
  'bad_signature',
  'expired',
  'not_yet_valid',
  'wrong_issuer',
  'wrong_audience',
  'wrong_nonce',
  'already_used',
  'revoked',
] as const;
export type TokenFault = (typeof tokenFaults)[number];

/** What a token has to be; what is absent is not asked. */
export interface TokenRequirements {
  kind?: PersonTokenKind;
  issuer?: string;
  audience?: string;
  nonce?: string;
}

export type TokenFinding = ({ valid: true } & PersonClaims) | { valid: false; reason: TokenFault };

/** The only algorithm, whatever a token says of itself (RFC 8725, 3.1). */
const ALGORITHM = 'EdDSA';
/** Characters; a longer text is not parsed. */
const LONGEST = 8_192;
const schemas = { presence: PresenceClaims, pass: PassClaims } as const;

/**
 * Whether the text is a token of a person that `keyOf` verifies, at `now`. Needs nothing else: the service, the command line and
 * every other verifier decide alike. A token for one use is not marked as used.
 */
export async function checkToken(
  text: string,
  keyOf: (kid: string) => webcrypto.CryptoKey | undefined,
  { kind: wanted, issuer, audience, nonce }: TokenRequirements,
  now: number,
): Promise<TokenFinding> {
  const refuse = (reason: TokenFault): TokenFinding => ({ valid: false, reason });
  const prefixed = text.startsWith(PASS_PREFIX);
  const token = prefixed ? text.slice(PASS_PREFIX.length) : text;
  if (token.length > LONGEST) return refuse('malformed');
  const kind = kindOf(token);
  if (kind === 'malformed') return refuse('malformed');
  if (kind === undefined || (prefixed && kind !== 'pass') || (wanted !== undefined && kind !== wanted))
    return refuse('wrong_kind');
  try {
    const { payload } = await jwtVerify(
      token,
      ({ kid }) => {
        const key = kid === undefined ? undefined : keyOf(kid);
        if (!key) throw new errors.JWKSNoMatchingKey();
        return key;
      },
      {
        typ: tokenTypes[kind],
        algorithms: [ALGORITHM],
        currentDate: new Date(now),
        requiredClaims: ['exp', 'iat', 'jti'],
        maxTokenAge: LONGEST_TOKEN_LIFE / 1000,
        ...(issuer !== undefined && { issuer }),
        ...(audience !== undefined && { audience }),
      },
    );
    const claims = schemas[kind].safeParse(payload).data;
    if (!claims) return refuse('malformed');
    if (nonce !== undefined && (!('nonce' in claims) || claims.nonce !== nonce)) return refuse('wrong_nonce');
    return { valid: true, ...({ kind, claims } as PersonClaims) };
  } catch (error) {
    if (error instanceof errors.JOSEError) return refuse(faultOf(error));
    throw error;
  }
}

function kindOf(token: string): PersonTokenKind | undefined | 'malformed' {
  try {
    const { typ } = decodeProtectedHeader(token);
    const kinds = Object.keys(tokenTypes) as PersonTokenKind[];
    return kinds.find((kind) => tokenTypes[kind] === typ);
  } catch {
    return 'malformed';
  }
}

const ofClaims: Record<string, TokenFault> = {
  aud: 'wrong_audience',
  iss: 'wrong_issuer',
  typ: 'wrong_kind',
  iat: 'not_yet_valid',
  nbf: 'not_yet_valid',
};

function faultOf(error: errors.JOSEError): TokenFault {
  if (error instanceof errors.JWTExpired) return 'expired';
  if (error instanceof errors.JWSSignatureVerificationFailed) return 'bad_signature';
  if (error instanceof errors.JWKSNoMatchingKey) return 'unknown_key';
  if (error instanceof errors.JOSEAlgNotAllowed) return 'wrong_algorithm';
  if (error instanceof errors.JWTClaimValidationFailed && error.reason === 'check_failed')
    return ofClaims[error.claim] ?? 'malformed';
  return 'malformed';
}
