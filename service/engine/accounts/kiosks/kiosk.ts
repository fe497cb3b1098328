import { createHash, createPublicKey, verify } from 'node:crypto';
import { z } from 'zod';
import type { AdministratorId, OrganizationId, World } from '../../../lib/id.ts';
import { Problem } from '../../../lib/problem.ts';
import { env, id, type OfWorld, time } from '../../../lib/record-fields.ts';

/** A paired device. */
export const Kiosk = z
  .object({
    id: id<'kiosk'>(),
    name: z.string().describe('Name of the kiosk'),
    env: env('World of the enrollments'),
    fingerprint: z.string().describe('Fingerprint of the device key, as shown on the device'),
    pairedAt: time('Time of the confirmation'),
    lastSeenAt: time('Time of its last session').optional(),
    revokedAt: time('Time of the revocation').optional(),
    pinLocked: z.boolean().describe('After five wrong PINs: no PIN is accepted until the kiosk is unlocked'),
  })
  .meta({
    id: 'Kiosk',
    description: 'A paired device.',
    examples: [
      {
        id: 'ksk_01m7w3hbbec1gf5vj2bmsg7bmh',
        name: 'Lisbon 2',
        env: 'live',
        fingerprint: '7F3A-02BC',
        pairedAt: '2026-11-21T09:04:00.000Z',
        pinLocked: false,
      },
    ],
  });
export type Kiosk = OfWorld<typeof Kiosk>;

/** A code that was made and not used to its end. */
export interface Pairing {
  id: string;
  organization: OrganizationId;
  world: World;
  name: string;
  expiresAt: number;
  /** `claimed`: a device gave the code and waits to be confirmed; compare the fingerprint with the one it shows. */
  state: { is: 'waiting'; triesLeft: number } | { is: 'claimed'; fingerprint: string };
}

/** Who signed in at a kiosk. */
export interface KioskOperator {
  administrator: AdministratorId;
  name: string;
  /** Ms since 1970; then an operator signs in anew. */
  until: number;
}

/** Wrong codes, or wrong PINs, that are let pass. */
export const MOST_TRIES = 5;

/** What a device signs to open a session: bound to this use, to the device and to one challenge. */
export const signedText = (kiosk: string, challenge: string) => `gatehouse-kiosk-1\n${kiosk}\n${challenge}`;

/** The key as it is stored: SPKI, base64url. Throws INVALID_REQUEST unless it is ECDSA P-256. */
export function readDeviceKey(text: string): string {
  try {
    const der = Buffer.from(text, 'base64url');
    const key = createPublicKey({ key: der, format: 'der', type: 'spki' });
    if (key.asymmetricKeyType === 'ec' && key.asymmetricKeyDetails?.namedCurve === 'prime256v1')
      return key.export({ format: 'der', type: 'spki' }).toString('base64url');
  } catch {
    // Answered below, as any other key.
  }
  throw new Problem('INVALID_REQUEST', 'The public key is a P-256 key: SPKI, base64url.', {
    details: [{ path: 'publicKey', message: 'It is no P-256 key.' }],
  });
}

/** ECDSA with SHA-256, r and s of 32 bytes each as WebCrypto makes it, base64url. */
export function isSignedBy(publicKey: string, text: string, signature: string): boolean {
  const key = createPublicKey({ key: Buffer.from(publicKey, 'base64url'), format: 'der', type: 'spki' });
  const bytes = Buffer.from(signature, 'base64url');
  return (
    bytes.length === 64 && verify('sha256', Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' }, bytes)
  );
}

/** Eight characters to compare by eye: `7F3A-02BC`. */
export function fingerprintOf(publicKey: string): string {
  const hash = createHash('sha256').update(Buffer.from(publicKey, 'base64url')).digest('hex').toUpperCase();
  return `${hash.slice(0, 4)}-${hash.slice(4, 8)}`;
}
