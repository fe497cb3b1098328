import { z } from 'zod';
import type { AdministratorId, OrganizationId, World } from '../../lib/id.ts';
import { env, id, type OfWorld, time } from '../../lib/record-fields.ts';

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
