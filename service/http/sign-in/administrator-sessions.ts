import type { FastifyRequest } from 'fastify';
import type { AdministratorCaller } from '../../engine/access/index.ts';
import { Problem } from '../../lib/problem.ts';
import type { AccessList } from '../route-access.ts';
import { isSameOrigin } from './same-origin.ts';
import { fromSessionCookie } from './session-cookie.ts';

/** Finds the session of a credential; undefined if it is unknown, ended or of a disabled account. */
export interface AdministratorSessions {
  byCookie(secret: string): Promise<AdministratorCaller | undefined>;
  byToken(token: string): Promise<AdministratorCaller | undefined>;
  /** Whether the header `x-csrf-token` is that of the session. */
  checkCsrf(session: string, sent: string | undefined): boolean;
  hasFreshFactor(caller: AdministratorCaller): boolean;
}

const readingMethods = new Set(['GET', 'HEAD']);

/** Three parts, as every JWT has and no API key. */
export const isAccessToken = (credential: string): boolean => credential.split('.', 4).length === 3;

/** The administrator of an access token. Throws MISSING_AUTH without a valid session. */
export async function administratorByToken(
  sessions: AdministratorSessions,
  token: string,
): Promise<AdministratorCaller> {
  const caller = await sessions.byToken(token);
  if (caller) return caller;
  throw new Problem(
    'MISSING_AUTH',
    'The access token is not valid, or its session has ended: sign in again.',
  );
}

/**
 * The administrator of the session cookie; undefined without the cookie. Throws MISSING_AUTH for a session that has ended, and
 * CSRF_REFUSED for a request that the page of another origin may have begun.
 */
export async function administratorByCookie(
  sessions: AdministratorSessions,
  request: FastifyRequest,
): Promise<AdministratorCaller | undefined> {
  const secret = fromSessionCookie(request.headers.cookie);
  if (secret === undefined) return undefined;
  const caller = await sessions.byCookie(secret);
  if (!caller) throw new Problem('MISSING_AUTH', 'The session has ended: sign in again.');
  if (readingMethods.has(request.method)) refuseOtherOrigins(request);
  else requireOwnPage(sessions, request, caller.session);
  return caller;
}

/** Browsers say where a request began; a page of another port of this machine is not of another site, so its cookie comes along. */
function refuseOtherOrigins({ headers }: FastifyRequest): void {
  const site = headers['sec-fetch-site'];
  if (site === undefined || site === 'same-origin' || site === 'none') return;
  throw new Problem(
    'CSRF_REFUSED',
    'The session cookie is accepted from the pages of this appliance only: this request began at another origin.',
  );
}

function requireOwnPage(sessions: AdministratorSessions, request: FastifyRequest, session: string): void {
  if (!isSameOrigin(request)) {
    throw new Problem(
      'CSRF_REFUSED',
      'With the session cookie, changes are accepted from the pages of this appliance only. A program sends an access token instead ("Authorization: Bearer …").',
    );
  }
  const token = request.headers['x-csrf-token'];
  if (sessions.checkCsrf(session, typeof token === 'string' ? token : undefined)) return;
  throw new Problem(
    'CSRF_REFUSED',
    'Send the header x-csrf-token with the value "csrf" that GET /api/auth/session answers.',
  );
}

/** Throws unless the route takes this administrator in this session. */
export function requireAdmission(
  sessions: AdministratorSessions,
  caller: AdministratorCaller,
  list: AccessList,
): void {
  if (caller.limitedTo !== undefined && !list.enrollment) {
    throw new Problem('SECOND_FACTOR_REQUIRED', '2FA enrollment required');
  }
  const allowed = list.administrator ?? [];
  if (!allowed.includes(caller.role) && !(list.applianceOwner && caller.applianceOwner)) {
    throw new Problem('INSUFFICIENT_SCOPE', refusalOf(caller, list));
  }
  const first = list.beforeFactor && caller.applianceOwner && caller.withoutFactor;
  if (list.fresh && !first) requireFreshFactor(sessions, caller);
  if (list.factor && !first) requireFactor(caller);
}

function refusalOf({ role }: AdministratorCaller, { administrator = [], applianceOwner, key }: AccessList) {
  if (administrator.length > 0) {
    return `An administrator with the role "${role}" may not do this; these may: ${administrator.join(', ')}.`;
  }
  if (applianceOwner) {
    return 'This concerns the whole appliance: it takes an administrator marked appliance owner, or the "gatehouse" command on the box.';
  }
  return `No administrator may call this: it takes an API key${key === undefined ? '' : ` with the scope "${key}"`}.`;
}

/** Throws SECOND_FACTOR_REQUIRED where the account has no second factor. */
export function requireFactor({ withoutFactor }: Pick<AdministratorCaller, 'withoutFactor'>): void {
  if (!withoutFactor) return;
  throw new Problem(
    'SECOND_FACTOR_REQUIRED',
    'This takes a second factor: add a passkey first, in the console under "Security" or on the page "Add a passkey".',
  );
}

/** Throws FRESH_FACTOR_REQUIRED unless a second factor was proven in this session within the last minutes. */
export function requireFreshFactor(
  sessions: Pick<AdministratorSessions, 'hasFreshFactor'>,
  caller: AdministratorCaller,
): void {
  if (sessions.hasFreshFactor(caller)) return;
  throw new Problem(
    'FRESH_FACTOR_REQUIRED',
    'This takes a second factor proven within the last 5 minutes: prove it (POST /api/auth/step-up/options, then /api/auth/step-up), or enroll one first, then repeat the request.',
  );
}
