import { hash, timingSafeEqual } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { z } from 'zod';
import type { World } from '../../../lib/id.ts';
import { env, id, type OfWorld, time } from '../../../lib/record-fields.ts';
import { scopes } from './scope.ts';

export const keyPrefixes = ['gh', 'prf', 'huma', 'hp', 'sk'] as const;
export type KeyPrefix = (typeof keyPrefixes)[number];

export const exampleOfKey = {
  id: 'key_01m7w2z9c0h2rb1yq7j5t8k3nd',
  name: 'door camera',
  prefix: 'gh' as const,
  env: 'live' as const,
  hint: 'x7Qa',
  scopes: ['identity:verify' as const],
  origins: [],
  browser: false,
  cidrs: ['10.20.0.0/16'],
  profiles: [],
  lineage: 'key_01m7w2z9c0h2rb1yq7j5t8k3nd',
  createdAt: '2026-11-20T12:00:00.000Z',
};

/** A key as it is listed: never its secret. */
export const ApiKey = z
  .object({
    id: id<'key'>(),
    name: z.string().describe('Name; may be empty'),
    prefix: z.enum(keyPrefixes).describe('Prefix'),
    env: env('World'),
    hint: z.string().describe('Last characters of the key'),
    scopes: z.array(z.enum(scopes)).describe('Scopes'),
    origins: z.array(z.string()).describe('Allowed origins of browsers'),
    browser: z.boolean().describe('Whether it is a browser key'),
    cidrs: z.array(z.string()).describe('Allowed networks; empty: any'),
    profiles: z.array(z.string()).describe('Allowed profiles; empty: those of the organization'),
    lineage: z.string().describe('Id of the first key of its lineage'),
    successor: id<'key'>().optional().describe('Id of its successor'),
    createdAt: time('Time of creation'),
    expiresAt: time('Expiry').optional(),
    revokedAt: time('Time of the revocation').optional(),
    lastUsedAt: time('Time of the last use, to the minute').optional(),
    lastUsedAddress: z.string().optional().describe('Address of the last use'),
    altered: z
      .literal(true)
      .optional()
      .describe('The row was changed by another program: the key is refused'),
  })
  .meta({ id: 'Key', description: 'An API key, without its secret.', examples: [exampleOfKey] });
export type ApiKey = OfWorld<typeof ApiKey>;

export function isValid({ revokedAt, expiresAt, altered }: ApiKey, now: number): boolean {
  return !altered && revokedAt === undefined && (expiresAt === undefined || now < expiresAt);
}

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
