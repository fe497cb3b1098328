import type { Role, Scope, SessionKind } from '../engine/accounts/index.ts';

/** The credentials a route takes. What is absent is refused. */
export interface AccessList {
  /** An API key with this scope. */
  key?: Scope;
  /** Scopes each of which is enough in the place of `key`. */
  orKey?: readonly Scope[];
  /** What a valid API key is answered where none may call; a sentence that says what to do instead. */
  keyRefusal?: string;
  /** An administrator with one of these roles. */
  administrator?: readonly Role[];
  /** The access token of an administrator, in the place of a key: a session cookie, which a browser sends by itself, does not count. */
  tokenOnly?: true;
  /** An administrator who may act on the whole appliance, whatever the role. */
  applianceOwner?: boolean;
  /** An administrator must have proven a second factor within the last minutes. */
  fresh?: boolean;
  /** The account of an administrator must have a second factor. */
  factor?: boolean;
  /** `fresh` is not asked of an appliance owner who has no second factor yet: name and certificate come before the first passkey. */
  beforeFactor?: boolean;
  /** A session that can do nothing but enroll a second factor may call it too. */
  enrollment?: boolean;
  /** A paired kiosk; `operator`: with an operator signed in at it. */
  kiosk?: 'device' | 'operator';
  /** The token of a session of this kind. */
  session?: SessionKind;
}

/** Who may call a route: every caller, an API key with the named scope, or the listed credentials. */
export type RouteAccess = 'public' | Scope | AccessList;

/** Undefined where no credential is asked for. */
export function accessListOf(access: RouteAccess | undefined): AccessList | undefined {
  if (access === undefined || access === 'public') return undefined;
  return typeof access === 'string' ? { key: access } : access;
}
