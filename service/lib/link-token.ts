import { createHash } from 'node:crypto';

/** 256 random bits, base64url: the secret of a link for one use. */
export function newLinkToken(random: (into: Uint8Array) => void): string {
  const bytes = new Uint8Array(32);
  random(bytes);
  return Buffer.from(bytes).toString('base64url');
}

/** As it is stored: SHA-256, hex. */
export const hashLinkToken = (token: string): string => createHash('sha256').update(token).digest('hex');
