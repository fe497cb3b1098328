import type { AdministratorId, OrganizationId } from '../../lib/id.ts';
import type { Role } from '../access/index.ts';

export interface Administrator {
  id: AdministratorId;
  organization: OrganizationId;
  /** Normalized: lower case, NFKC. One account has it, in all organizations together. */
  email: string;
  name: string;
  role: Role;
  /** May act on the whole appliance with a fresh second factor. */
  applianceOwner: boolean;
  createdAt: number;
  disabledAt?: number;
  lastSignInAt?: number;
  passkeys: number;
  /** How many are left. */
  recoveryCodes: number;
  /** Without a second factor: until when signing in by password alone is possible. */
  factorDueAt?: number;
  /** Something else than this service made or changed the row: the account is refused until an operator resets it. */
  altered?: true;
}

export interface AdministratorSession {
  id: string;
  administrator: Administrator;
  createdAt: number;
  lastSeenAt: number;
  idleUntil: number;
  expiresAt: number;
  /** Network address it was opened from. */
  source: string;
  /** Short text of the user agent. */
  device?: string;
  /** When a second factor was last proven in it. */
  factorAt?: number;
  /** Can do nothing but enroll a second factor. */
  limitedTo?: 'enrollment';
}

/** `secret`: 32 random bytes, base64url, for the cookie; only its SHA-256 is stored. `csrf`: for the header `x-csrf-token`. */
export interface OpenedSession {
  session: AdministratorSession;
  secret: string;
  csrf: string;
}

export type SignInAnswer =
  | ({ is: 'signed-in' } & OpenedSession)
  | {
      is: 'second-factor';
      ticket: string;
      methods: { passkey: boolean; face: boolean; recoveryCode: boolean };
    }
  | { is: 'enrollment-required'; ticket: string };

export interface Passkey {
  /** The WebAuthn credential id, base64url. */
  id: string;
  name: string;
  createdAt: number;
  lastUsedAt?: number;
}

/** Where the browser is, checked by the caller against the names of the appliance. `rpId`: host name without port. */
export interface Site {
  rpId: string;
  rpName: string;
  origin: string;
}

/** Where a request came from. */
export interface From {
  source: string;
  device?: string;
}

export interface NewAdministrator {
  organization: OrganizationId;
  email: string;
  name: string;
  role: Role;
  applianceOwner?: boolean;
  /** Absent: a one-time code is made, with which the person sets one. */
  password?: string;
}

/** Absent fields stay unchanged. */
export interface AdministratorChange {
  name?: string;
  role?: Role;
  applianceOwner?: boolean;
  disabled?: boolean;
}

/** Milliseconds after creation until which the password alone signs in. */
export const FACTOR_TERM = 7 * 86_400_000;
