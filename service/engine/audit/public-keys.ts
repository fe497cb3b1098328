import { Problem } from '../../lib/problem.ts';
import { keyId } from './audit-store.ts';
import type { AuditKey } from './verify-chain.ts';

/** The public keys in a text with one or several PEM blocks. Throws INVALID_REQUEST for a text without. */
export function readPublicKeys(text: string): AuditKey[] {
  const blocks = text.match(/-----BEGIN PUBLIC KEY-----[^-]+-----END PUBLIC KEY-----\n?/g) ?? [];
  try {
    if (blocks.length > 0) return blocks.map((publicKey) => ({ kid: keyId(publicKey), publicKey }));
  } catch {
    // Reported below: it looks like a key but is invalid.
  }
  throw new Problem(
    'INVALID_REQUEST',
    'There is no public key in the file: it must hold PEM blocks "PUBLIC KEY", as "gatehouse audit keys" prints them.',
  );
}
