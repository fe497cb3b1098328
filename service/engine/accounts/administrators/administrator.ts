import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { AdministratorId, OrganizationId } from '../../../lib/id.ts';
import { type OfOrganization, time } from '../../../lib/record-fields.ts';
import { type Role, roles } from '../access/scope.ts';

export const exampleOfAdministrator = {
  id: 'adm_01m7w3hb8hbf355he5zqwjztdk',
  email: 'grace@example.com',
  name: 'Grace',
  role: 'operator' as const,
  applianceOwner: false,
  createdAt: '2026-11-21T09:00:00.000Z',
  lastSignInAt: '2026-11-21T09:15:00.000Z',
  passkeys: 1,
  recoveryCodes: 10,
};

export const Administrator = z
  .object({
    id: z
      .string()
      .regex(/^adm_[0-9a-z]{26}$/)
      .describe('Id of the administrator') as unknown as z.ZodType<AdministratorId>,
    email: z.string().min(1).max(1024).describe('E-mail address, unique on the appliance'),
    name: z.string().describe('Name'),
    role: z.enum(roles).describe('Role'),
    applianceOwner: z
      .boolean()
      .describe(
        'Whether the account may change the whole appliance with a fresh second factor; only an appliance owner can grant this',
      ),
    createdAt: time('Time of creation of the account'),
    disabledAt: time('Time since when sign-in is refused').optional(),
    lastSignInAt: time('Last sign-in').optional(),
    passkeys: z.int().describe('Number of passkeys'),
    recoveryCodes: z.int().describe('Number of unused recovery codes'),
    factorDueAt: time(
      'Time until which the password alone is accepted; absent with a second factor',
    ).optional(),
    altered: z
      .literal(true)
      .optional()
      .describe('The row was changed by another program: sign-in is refused'),
  })
  .meta({ id: 'Administrator', description: 'An administrator.', examples: [exampleOfAdministrator] });
export type Administrator = OfOrganization<typeof Administrator>;

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

/** Milliseconds by which a clock may be set back before newer records become invalid. */
const PUT_RIGHT = 5 * 60_000;

/** Whether something lasts: made, and not yet over. A clock that was set back lengthens nothing by more than five minutes. */
export const lasts = (from: number, until: number, now: number): boolean =>
  now < until && now >= from - PUT_RIGHT;

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
