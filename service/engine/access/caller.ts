import type { KeyId, OrganizationId, World } from '../../lib/id.ts';
import type { Role } from './role.ts';
import type { Scope } from './scope.ts';

/** An API key, after it was checked. Every door works inside its `organization` and `world` and nothing else. */
export interface KeyCaller {
  is: 'key';
  key: KeyId;
  /** Of the key and all it was rotated from: what is counted and owned outlives a rotation under this. */
  lineage: string;
  organization: OrganizationId;
  world: World;
  scopes: readonly Scope[];
  /** Slugs of the profiles the key may name; absent or empty: those that the organization allows. */
  profiles?: readonly string[];
  /** The origins the key is bound to; a page of one of them may read the answers. Absent or empty for a server's key. */
  origins?: readonly string[];
}

/** A signed-in administrator. Nothing makes such a session yet. */
export interface AdministratorCaller {
  is: 'administrator';
  administrator: string;
  /** Id of the session that was signed in. */
  session: string;
  organization: OrganizationId;
  role: Role;
}

/** The kinds of session a page of the verified person can hold a token for. */
export type SessionKind = 'presence' | 'sessions' | 'hosted' | 'registrations' | 'behavior';

/** The page of a person who is being verified: it acts for one session and nothing else. Nothing makes such a token yet. */
export interface SessionCaller {
  is: 'session';
  kind: SessionKind;
  session: string;
  organization: OrganizationId;
  world: World;
}

export type Caller = KeyCaller | AdministratorCaller | SessionCaller;
