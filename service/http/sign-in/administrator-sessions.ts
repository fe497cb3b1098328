import type { FastifyRequest } from 'fastify';
import ipaddr from 'ipaddr.js';
import type { AdministratorCaller } from '../../engine/accounts/index.ts';
import { Problem } from '../../lib/problem.ts';
import type { AccessList } from '../route-access.ts';

/** Finds the session of a credential; undefined if it is unknown, ended or of a disabled account. */
export interface AdministratorSessions {
  byCookie(secret: string): Promise<AdministratorCaller | undefined>;
  byToken(token: string): Promise<AdministratorCaller | undefined>;
  /** Whether the header `x-csrf-token` is that of the session. */
  checkCsrf(session: string, sent: string | undefined): boolean;
  hasFreshFactor(caller: AdministratorCaller): boolean;
  /** Whether the session still lasts, with the same rights. Counts as no use. */
  goesOn(caller: AdministratorCaller): Promise<boolean>;
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

/**
 * Whether a request that changes something was made by a page of this very address. The browser says so and no page can make it say
 * otherwise; browsers that do not, and whatever is no browser, send the origin.
 */
export function isSameOrigin({ headers, host }: Pick<FastifyRequest, 'headers' | 'host'>): boolean {
  const site = headers['sec-fetch-site'];
  if (site !== undefined) return site === 'same-origin';
  const { origin } = headers;
  return origin !== undefined && URL.parse(origin)?.host === host;
}

/** `__Host-`: of this host alone, over TLS; browsers take it over plain HTTP from loopback names only. */
const NAME = '__Host-gatehouse-session';
const ATTRIBUTES = 'Path=/; Secure; HttpOnly; SameSite=Strict';

/** Gone when the browser ends; the service ends the session earlier. */
export const toSessionCookie = (secret: string): string => `${NAME}=${secret}; ${ATTRIBUTES}`;

/** Makes the browser forget the cookie. */
export const endedSessionCookie = `${NAME}=; Max-Age=0; ${ATTRIBUTES}`;

/** The secret of a session, from the header `Cookie`. */
export const fromSessionCookie = (header: string | undefined): string | undefined => cookieOf(header, NAME);

/** The value of the first cookie of this name. */
function cookieOf(header: string | undefined, wanted: string): string | undefined {
  for (const part of header?.split(';') ?? []) {
    const [name, value] = part.trim().split('=', 2);
    if (name === wanted && value !== undefined && value !== '') return value;
  }
  return undefined;
}

/** As the session cookie, of the browser that makes the first owner. */
const SETUP_NAME = '__Host-gatehouse-setup';
const SETUP_ATTRIBUTES = 'Path=/; Secure; HttpOnly; SameSite=Strict';

/** Valid for a day, so that the assistant can continue after the browser was closed. */
export const toSetupCookie = (secret: string): string =>
  `${SETUP_NAME}=${secret}; Max-Age=86400; ${SETUP_ATTRIBUTES}`;
export const endedSetupCookie = `${SETUP_NAME}=; Max-Age=0; ${SETUP_ATTRIBUTES}`;
export const fromSetupCookie = (header: string | undefined): string | undefined =>
  cookieOf(header, SETUP_NAME);

/** Where the browser is, in the terms of WebAuthn. */
interface WebAuthnSite {
  /** Host name without port. */
  rpId: string;
  rpName: string;
  origin: string;
}

type Asked = Pick<FastifyRequest, 'headers' | 'protocol'>;

/** Of the header `Host`, which the server has checked against the names of the appliance. */
function urlOf({ headers, protocol }: Asked): URL | null {
  return URL.parse(`${protocol}://${headers.host ?? ''}`);
}

const isLoopbackName = (name: string) => name === 'localhost' || name.endsWith('.localhost');

/** Whether browsers take a cookie with `Secure` from here: over TLS, and over plain HTTP from this machine itself. */
export function isSecureContext(request: Asked): boolean {
  const url = urlOf(request);
  if (url === null) return false;
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (url.protocol === 'https:' || isLoopbackName(host)) return true;
  return ipaddr.isValid(host) && ipaddr.process(host).range() === 'loopback';
}

/**
 * Where a proxy hides the address of the page: what it has to send. The browser says in `Origin` where the page is. Undefined for none.
 */
function proxyFault({ headers }: Asked, url: URL | null): string | undefined {
  const { host: sent } = headers;
  if (sent === undefined || sent === '')
    return 'The proxy sends no Host header: let it pass on the one of the browser (nginx: proxy_set_header Host $http_host), and try again.';
  const page = URL.parse(headers.origin ?? '');
  if (!page || !url) return undefined;
  const isName = !ipaddr.isValid(page.hostname.replace(/^\[|\]$/g, ''));
  const isOther = isName && ipaddr.isValid(url.hostname.replace(/^\[|\]$/g, ''));
  if (isOther || (page.hostname === url.hostname && page.port !== url.port && page.protocol === url.protocol))
    return `The proxy sends another Host header ("${url.host}") than the browser ("${page.host}"): let it pass on the one of the browser (nginx: proxy_set_header Host $http_host), and try again.`;
  if (page.host === url.host && page.protocol === 'https:' && url.protocol === 'http:')
    return 'The proxy does not say that the page is open over HTTPS: let it send X-Forwarded-Proto, name its address in the setting trustedProxies, and try again.';
  return undefined;
}

/**
 * Throws PASSKEY_REFUSED where no browser offers passkeys: at an IP address, and over plain HTTP from another machine; and where a proxy
 * hides the address of the page.
 */
export function siteOf(request: Asked): WebAuthnSite {
  const url = urlOf(request);
  const fault = proxyFault(request, url);
  if (fault !== undefined) throw new Problem('PASSKEY_REFUSED', fault);
  const host = url?.hostname.replace(/^\[|\]$/g, '') ?? '';
  if (url === null || ipaddr.isValid(host)) {
    throw new Problem(
      'PASSKEY_REFUSED',
      'Browsers offer no passkeys at an IP address: open the appliance by its host name, such as https://gatehouse.home.arpa, and try again.',
    );
  }
  if (!isSecureContext(request)) {
    throw new Problem(
      'PASSKEY_REFUSED',
      'Browsers offer no passkeys over plain HTTP: open the appliance over HTTPS, and try again.',
    );
  }
  return { rpId: host, rpName: 'Gatehouse', origin: url.origin };
}
