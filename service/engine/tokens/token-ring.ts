import { createPublicKey, type webcrypto } from 'node:crypto';
import type { Clock } from '../../lib/clock.ts';
import { LONGEST_TOKEN_LIFE } from './claims.ts';
import { type Jwks, toJwk } from './jwks.ts';
import type { TokenKeys } from './signed-tokens.ts';

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
export interface TokenRing extends TokenKeys {
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
