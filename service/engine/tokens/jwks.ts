import { createPublicKey, type webcrypto } from 'node:crypto';
import { z } from 'zod';
import { Problem } from '../../lib/problem.ts';

/** A public Ed25519 key (RFC 8037) with which tokens of persons are verified. */
export interface Jwk {
  kty: 'OKP';
  crv: 'Ed25519';
  x: string;
  kid: string;
  use: 'sig';
  alg: 'EdDSA';
}

/** RFC 7517. */
export interface Jwks {
  keys: Jwk[];
}

/** `publicKey`: SPKI, PEM. */
export function toJwk({ kid, publicKey }: { kid: string; publicKey: string }): Jwk {
  const { x } = createPublicKey(publicKey).export({ format: 'jwk' });
  return { kty: 'OKP', crv: 'Ed25519', x: x ?? '', kid, use: 'sig', alg: 'EdDSA' };
}

/** Other members are ignored, but none may say that the key is for something else. */
const WireKey = z.looseObject({
  kty: z.literal('OKP'),
  crv: z.literal('Ed25519'),
  x: z.string().regex(/^[A-Za-z0-9_-]{43}$/),
  kid: z.string().min(1).max(200),
  use: z.literal('sig').optional(),
  alg: z.enum(['EdDSA', 'Ed25519']).optional(),
  key_ops: z.tuple([z.literal('verify')]).optional(),
  d: z.undefined().optional(),
});
const WireSet = z.looseObject({ keys: z.array(WireKey).min(1).max(100) });

/** Keys of a JWKS file by their id. Throws INVALID_REQUEST for a file with a key that tokens are not verified with, or with two of one id. */
export function readJwks(text: string): Map<string, webcrypto.CryptoKey> {
  const set = WireSet.safeParse(parseJson(text));
  const keys = set.data?.keys ?? [];
  const byId = new Map(keys.map(({ kid, x }) => [kid, importKey(x)]));
  if (set.success && byId.size === keys.length) return byId;
  throw new Problem(
    'INVALID_REQUEST',
    'This is no set of public keys of Gatehouse: it must be {"keys":[…]} with public Ed25519 keys for signatures, each with an id of its own. “gatehouse token keys --jwks-file FILE” writes one.',
  );
}

const importKey = (x: string): webcrypto.CryptoKey =>
  createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' }).toCryptoKey('Ed25519', true, [
    'verify',
  ]);

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
