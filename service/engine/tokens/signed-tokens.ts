import { randomFillSync, type webcrypto } from 'node:crypto';
import { errors, jwtVerify, SignJWT } from 'jose';
import type { z } from 'zod';
import type { Clock } from '../../lib/clock.ts';

/** Keys of one purpose, read at each use, so that a rotated key takes effect at once. */
export interface TokenKeys {
  /** Signs new tokens. */
  current(): { kid: string; privateKey: webcrypto.CryptoKey };
  /** Verifies what the key with this id signed; undefined for a key whose tokens are not accepted, or no longer. */
  verifier(kid: string): webcrypto.CryptoKey | undefined;
}

/** Distinguishes one kind of token from another: a token of the wrong kind is refused (RFC 8725, 3.11). */
export interface TokenKind<Claims extends z.ZodObject> {
  typ: string;
  issuer: string;
  audience: string;
  /** Milliseconds; none is ever valid for longer. */
  lifetime: number;
  /** Beside iss, aud, iat, exp and jti; what it does not name is not read. */
  claims: Claims;
}

export interface SignedTokens<Claims> {
  /** `until`: ms since 1970, the end of the session; the token expires then at the latest. */
  issue(claims: Claims, until?: number): Promise<{ token: string; expiresAt: number }>;
  /** The claims of a token of this kind that is valid now; undefined for any other text. */
  read(token: string): Promise<Claims | undefined>;
}

export interface SignedTokensDeps<Claims extends z.ZodObject> {
  kind: TokenKind<Claims>;
  keys: TokenKeys;
  clock: Clock;
  random?: (into: Uint8Array) => void;
}

/** The only algorithm, whatever a token says of itself (RFC 8725, 3.1). */
const ALGORITHM = 'EdDSA';
/** Characters; a longer text is not parsed. */
const LONGEST = 4096;

/** JWTs of one kind, signed with Ed25519 (RFC 8037). */
export function createSignedTokens<Claims extends z.ZodObject>({
  kind,
  keys,
  clock,
  random = randomFillSync,
}: SignedTokensDeps<Claims>): SignedTokens<z.output<Claims>> {
  const { typ, issuer, audience, lifetime } = kind;
  const seconds = (milliseconds: number) => Math.floor(milliseconds / 1000);
  return {
    async issue(claims, until = Number.POSITIVE_INFINITY) {
      const now = clock.now();
      const { kid, privateKey } = keys.current();
      const expires = seconds(Math.min(now + lifetime, until));
      const jti = new Uint8Array(16);
      random(jti);
      const token = await new SignJWT(claims)
        .setProtectedHeader({ alg: ALGORITHM, typ, kid })
        .setIssuer(issuer)
        .setAudience(audience)
        .setIssuedAt(seconds(now))
        .setExpirationTime(expires)
        .setJti(Buffer.from(jti).toString('base64url'))
        .sign(privateKey);
      return { token, expiresAt: expires * 1000 };
    },
    async read(token) {
      if (token.length > LONGEST) return undefined;
      try {
        const { payload } = await jwtVerify(
          token,
          ({ kid }) => {
            const key = kid === undefined ? undefined : keys.verifier(kid);
            if (!key) throw new errors.JWKSNoMatchingKey();
            return key;
          },
          {
            typ,
            issuer,
            audience,
            algorithms: [ALGORITHM],
            currentDate: new Date(clock.now()),
            requiredClaims: ['exp', 'jti'],
            maxTokenAge: seconds(lifetime),
          },
        );
        return kind.claims.safeParse(payload).data;
      } catch (error) {
        if (error instanceof errors.JOSEError) return undefined;
        throw error;
      }
    },
  };
}
