import { createHash } from 'node:crypto';

/** Fills with random bytes. */
export type Random = (into: Uint8Array) => void;

/** 256 bits, base64url. */
export function makeSecret(random: Random): string {
  const bytes = new Uint8Array(32);
  random(bytes);
  return Buffer.from(bytes).toString('base64url');
}

/** SHA-256 of a random secret, hex; its entropy makes a slow hash unnecessary. */
export const hashSecret = (secret: string): string => createHash('sha256').update(secret).digest('hex');

/** Crockford's base 32: no i, l, o, u. */
const LETTERS = '0123456789abcdefghjkmnpqrstvwxyz';

/** Groups of letters of 5 bits each: `[5, 5]` is 50 bits, written xxxxx-xxxxx. */
export function makeCode(groups: readonly number[], random: Random): string {
  return groups
    .map((length) => {
      const bytes = new Uint8Array(length);
      random(bytes);
      return [...bytes].map((byte) => LETTERS[byte % 32]).join('');
    })
    .join('-');
}

/** As it is compared: what people write differently is the same. */
export const readCode = (typed: string): string =>
  typed.slice(0, 100).toLowerCase().replace(/[\s-]/g, '').replaceAll('o', '0').replace(/[il]/g, '1');
