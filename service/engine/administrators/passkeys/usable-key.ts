import { createHash, createPublicKey, type JsonWebKey, type KeyObject, verify } from 'node:crypto';
import { encodings } from './webauthn.ts';

/** COSE algorithms that are offered and taken: ES256, RS256, EdDSA. */
export const algorithms = [-7, -257, -8];

/** Labels of RFC 9053. */
const [KTY, ALG, CRV, X, Y, N, E] = [1, 3, -1, -2, -3, -1, -2];
const LEAST_RSA_BITS = 2048;

/**
 * Throws an error for a COSE key that no signature could be checked with later: a registration does not prove that there is a private
 * key, and an account whose only factor does not work is locked out.
 */
export async function readUsableKey(cose: Uint8Array): Promise<{ key: KeyObject; algorithm: number }> {
  const { decodeCredentialPublicKey } = await encodings();
  const fields = decodeCredentialPublicKey(new Uint8Array(cose)) as unknown as Map<number, unknown>;
  const jwk = jwkOf(fields);
  if (!jwk)
    throw new Error(
      `a key of type ${String(fields.get(KTY))} for algorithm ${String(fields.get(ALG))}; ES256, RS256 and Ed25519 are taken`,
    );
  const key = createPublicKey({ format: 'jwk', key: jwk });
  const bits = key.asymmetricKeyDetails?.modulusLength;
  if (bits !== undefined && (bits < LEAST_RSA_BITS || bits > 4 * LEAST_RSA_BITS))
    throw new Error(`an RSA key of ${bits} bits; ${LEAST_RSA_BITS} and more are taken`);
  return { key, algorithm: fields.get(ALG) as number };
}

/** Whether the signature holds to its last byte: the library takes an ECDSA signature with further bytes behind it. */
export async function isExactSignature(
  cose: Uint8Array,
  signed: { authenticatorData: string; clientDataJSON: string; signature: string },
): Promise<boolean> {
  const { key, algorithm } = await readUsableKey(cose);
  const bytes = (text: string) => Buffer.from(text, 'base64url');
  const clientHash = createHash('sha256').update(bytes(signed.clientDataJSON)).digest();
  const data = Buffer.concat([bytes(signed.authenticatorData), clientHash]);
  return verify(algorithm === -8 ? null : 'sha256', data, key, bytes(signed.signature));
}

function jwkOf(key: Map<number, unknown>): JsonWebKey | undefined {
  const text = (label: number) => {
    const value = key.get(label);
    if (!(value instanceof Uint8Array)) throw new Error(`a key without the field ${label}`);
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
