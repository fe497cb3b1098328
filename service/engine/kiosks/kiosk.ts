import type { AdministratorId, KioskId, OrganizationId, World } from '../../lib/id.ts';

/** A paired device. */
export interface Kiosk {
  id: KioskId;
  organization: OrganizationId;
  world: World;
  name: string;
  /** Fingerprint of the device's key, as shown on the device. */
  fingerprint: string;
  pairedAt: number;
  revokedAt?: number;
  lastSeenAt?: number;
  /** Five wrong PINs: none is taken until the kiosk is unlocked. */
  pinLocked: boolean;
}

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
