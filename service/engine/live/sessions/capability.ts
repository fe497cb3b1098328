import { createHash, timingSafeEqual } from 'node:crypto';
import { Problem } from '../../../lib/problem.ts';

/** 256 bits, as text. */
export function makeCapability(random: (into: Uint8Array) => void): string {
  const bytes = new Uint8Array(32);
  random(bytes);
  return Buffer.from(bytes).toString('base64url');
}

/** What is stored of a capability. */
export const capabilityHash = (token: string): string => createHash('sha256').update(token).digest('hex');

/** Compares two stored hashes in constant time. */
export const sameHash = (a: string, b: string | null): boolean =>
  b !== null && a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));

export const over = () =>
  new Problem('MISSING_AUTH', 'The session has ended, or was never there: open the link again.');
