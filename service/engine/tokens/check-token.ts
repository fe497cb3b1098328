import type { webcrypto } from 'node:crypto';
import { decodeProtectedHeader, errors, jwtVerify } from 'jose';
import {
  LONGEST_TOKEN_LIFE,
  PASS_PREFIX,
  PassClaims,
  type PersonClaims,
  type PersonTokenKind,
  PresenceClaims,
  tokenTypes,
} from './claims.ts';

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
export interface TokenDemand {
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
  { kind: wanted, issuer, audience, nonce }: TokenDemand,
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
