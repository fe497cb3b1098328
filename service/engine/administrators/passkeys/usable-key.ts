import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import { decodeCredentialPublicKey } from '@simplewebauthn/server/helpers';

/** COSE algorithms that are offered and taken: ES256, RS256, EdDSA. */
export const algorithms = [-7, -257, -8];

/** Labels of RFC 9053. */
const [KTY, ALG, CRV, X, Y, N, E] = [1, 3, -1, -2, -3, -1, -2];
const LEAST_RSA_BITS = 2048;

/**
 * Throws an error for a COSE key that no signature could be checked with later: a registration proves that no key is held, and an
 * account whose only factor does not work is locked out.
 */
export function requireUsableKey(cose: Uint8Array): void {
  const key = decodeCredentialPublicKey(new Uint8Array(cose)) as unknown as Map<number, unknown>;
  const jwk = jwkOf(key);
  if (!jwk) throw new Error(`A key of type ${String(key.get(KTY))} for algorithm ${String(key.get(ALG))}.`);
  const publicKey: KeyObject = createPublicKey({ format: 'jwk', key: jwk });
  const bits = publicKey.asymmetricKeyDetails?.modulusLength;
  if (bits !== undefined && (bits < LEAST_RSA_BITS || bits > 4 * LEAST_RSA_BITS))
    throw new Error(`An RSA key of ${bits} bits.`);
}

function jwkOf(key: Map<number, unknown>): JsonWebKey | undefined {
  const text = (label: number) => {
    const value = key.get(label);
    if (!(value instanceof Uint8Array)) throw new Error(`The key lacks the field ${label}.`);
    return Buffer.from(value).toString('base64url');
  };
  switch (`${String(key.get(KTY))}/${String(key.get(ALG))}`) {
    case '2/-7':
      return key.get(CRV) === 1 ? { kty: 'EC', crv: 'P-256', x: text(X), y: text(Y) } : undefined;
    case '3/-257':
      return { kty: 'RSA', n: text(N), e: text(E) };
    case '1/-8':
      return key.get(CRV) === 6 ? { kty: 'OKP', crv: 'Ed25519', x: text(X) } : undefined;
    default:
      return undefined;
  }
}
