import { createPublicKey, randomFillSync, type webcrypto } from 'node:crypto';
import { errors, jwtVerify, SignJWT } from 'jose';
import type { z } from 'zod';
import type { Clock } from '../../../lib/clock.ts';
import { type Jwks, LONGEST_TOKEN_LIFE, toJwk } from './claims.ts';

/** Keys of one purpose, read at each use, so that a rotated key takes effect at once. */
interface TokenKeys {
  /** Signs new tokens. */
  current(): { kid: string; privateKey: webcrypto.CryptoKey };
  /** Verifies what the key with this id signed; undefined for a key whose tokens are not accepted, or no longer. */
  verifier(kid: string): webcrypto.CryptoKey | undefined;
}

/** Distinguishes one kind of token from another: a token of the wrong kind is refused (RFC 8725, 3.11). */
interface TokenKind<Claims extends z.ZodObject> {
  typ: string;
  issuer: string;
  audience: string;
  /** Milliseconds; none is ever valid for longer. */
  lifetime: number;
  /** Beside iss, aud, iat, exp and jti; what it does not name is not read. */
  claims: Claims;
}

interface SignedTokens<Claims> {
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

/** Milliseconds after a rotation in which the key before is accepted: its last token has run out by then. */
export const TOKEN_KEY_OVERLAP = LONGEST_TOKEN_LIFE + 60_000;

interface PublicKey {
  kid: string;
  purpose: string;
  publicKey: string;
  until?: number;
}

export interface TokenRingDeps {
  signing: {
    keyPair(purpose: 'tokens'): { kid: string; privateKey: webcrypto.CryptoKey };
    publicKeys(): readonly PublicKey[];
  };
  clock: Clock;
}

/** Keys of the tokens of persons: one signs, and those before it verify until their tokens have run out. */
interface TokenRing extends TokenKeys {
  jwks(): Jwks;
}

/** Keys of this ring that count at this time; the one that signs last. */
export const acceptedKeys = <Key extends PublicKey>(keys: readonly Key[], now: number): Key[] => {
  const own = keys.filter(({ purpose }) => purpose === 'tokens');
  return own.filter(({ until }, i) => i === own.length - 1 || (until !== undefined && now < until));
};

export function createTokenRing({ signing, clock }: TokenRingDeps): TokenRing {
  const imported = new Map<string, webcrypto.CryptoKey>();
  const accepted = () => acceptedKeys(signing.publicKeys(), clock.now());
  return {
    current: () => signing.keyPair('tokens'),
    verifier(kid) {
      const found = accepted().find((key) => key.kid === kid);
      if (!found) return undefined;
      const key =
        imported.get(kid) ?? createPublicKey(found.publicKey).toCryptoKey('Ed25519', true, ['verify']);
      imported.set(kid, key);
      return key;
    },
    jwks: () => ({ keys: accepted().map(toJwk) }),
  };
}
