import type { AdministratorId, KeyId, KioskId, OrganizationId, World } from '../../../lib/id.ts';
import type { Role, Scope } from './scope.ts';

/** An API key, after it was checked. Every door works inside its `organization` and `world` and nothing else. */
export interface KeyCaller {
  is: 'key';
  key: KeyId;
  /** Id shared by a key and its predecessors: counters and webhooks belong to it and survive a rotation. */
  lineage: string;
  organization: OrganizationId;
  world: World;
  scopes: readonly Scope[];
  /** Slugs of the profiles the key may name; absent or empty: those that the organization allows. */
  profiles?: readonly string[];
  /** It stands in page code: a reader of the page has it. */
  browser?: true;
  /** The origins the key is bound to; a page of one of them may read the answers. Absent or empty for a server's key. */
  origins?: readonly string[];
}

/** A signed-in administrator. */
export interface AdministratorCaller {
  is: 'administrator';
  administrator: AdministratorId;
  /** Id of the session that was signed in. */
  session: string;
  organization: OrganizationId;
  role: Role;
  /** May act on the whole appliance with a fresh second factor. */
  applianceOwner: boolean;
  /** When a second factor was last proven in the session, in ms since 1970. */
  factorAt?: number;
  /** The account has no second factor yet. */
  withoutFactor?: true;
  /** The session can do nothing but enroll a second factor. */
  limitedTo?: 'enrollment';
}

const FRESH_FACTOR = 5 * 60_000;

/** Whether a second factor was proven so recently that the administrator may erase, export and change keys and accounts. */
export function hasFreshFactor({ factorAt }: AdministratorCaller, now: number): boolean {
  return factorAt !== undefined && Math.abs(now - factorAt) < FRESH_FACTOR;
}

/** The kinds of session a page of the verified person can hold a token for. */
export type SessionKind = 'presence' | 'sessions' | 'hosted' | 'registrations' | 'behavior';

/** The page of a person who is being verified: it acts for one session and nothing else. */
export interface SessionCaller {
  is: 'session';
  kind: SessionKind;
  session: string;
  organization: OrganizationId;
  world: World;
  /** Origins whose pages may use it, beside those of the appliance. */
  origins: readonly string[];
}

/** A paired device in front of which people enroll and verify. It never holds a console session. */
export interface KioskCaller {
  is: 'kiosk';
  kiosk: KioskId;
  /** Stands for the session that the device opened with its key. */
  session: string;
  organization: OrganizationId;
  world: World;
  /** The signed-in operator; absent: only sign-in is possible. */
  operator?: AdministratorId;
}

export type Caller = KeyCaller | AdministratorCaller | SessionCaller | KioskCaller;
