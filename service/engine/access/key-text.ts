import { hash, timingSafeEqual } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type { World } from '../../lib/id.ts';
import { type KeyPrefix, keyPrefixes } from './api-key.ts';

/** Fills with random bytes. */
export type Random = (into: Uint8Array) => void;

/** 190 bits of base62. */
const SECRET_CHARACTERS = 32;
const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const FORM = new RegExp(`^(?:${keyPrefixes.join('|')})_(?:live|test)_[0-9A-Za-z]{1,128}$`);

/** Length of the checksum: 62^6 > 2^32. */
const CHECKSUM_CHARACTERS = 6;

/**
 * `<prefix>_<live|test>_<secret><checksum>`; the secret is uniformly random. A scanner for leaked keys verifies a key by
 * its checksum offline (docs/KEYS.md). Older keys without a checksum stay valid.
 */
export function makeKeyText(prefix: KeyPrefix, world: World, random: Random): string {
  let secret = '';
  const bytes = new Uint8Array(64);
  while (secret.length < SECRET_CHARACTERS) {
    random(bytes);
    for (const byte of bytes) {
      // 248 is the largest multiple of 62 in a byte; the rest would favour the first characters.
      if (byte < 248 && secret.length < SECRET_CHARACTERS) secret += BASE62[byte % 62];
    }
  }
  const text = `${prefix}_${world}_${secret}`;
  return `${text}${checksumOf(text)}`;
}

/** CRC-32 of the characters before it, in base62. */
function checksumOf(text: string): string {
  let rest = crc32(text);
  let checksum = '';
  while (checksum.length < CHECKSUM_CHARACTERS) {
    checksum = BASE62[rest % 62] + checksum;
    rest = Math.floor(rest / 62);
  }
  return checksum;
}

export function hasKeyForm(text: string): boolean {
  return FORM.test(text);
}

/** SHA-256 of the whole key, hex. The secret has too many bits for a slow hash to be of use. */
export function hashKey(text: string): string {
  return hash('sha256', text, 'hex');
}

/** Compares in constant time. */
export function sameHash(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a, 'hex'), Buffer.from(b, 'hex')];
  return left.length === right.length && timingSafeEqual(left, right);
}
