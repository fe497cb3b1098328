import { verifySignature } from './audit-store.ts';

/** Public keys (SPKI, PEM) by their kid. */
export type PublicKeys = ReadonlyMap<string, string>;

/** Whether one of `keys` signed exactly these bytes; a signature that is spelled in another way than ours counts as none. */
export function isSigned(
  keys: PublicKeys,
  bytes: Uint8Array,
  { kid, signature }: { kid: string; signature: string },
): boolean {
  const key = keys.get(kid);
  if (key === undefined) return false;
  if (Buffer.from(signature, 'base64url').toString('base64url') !== signature) return false;
  try {
    return verifySignature(key, bytes, { kid, signature });
  } catch {
    return false;
  }
}
