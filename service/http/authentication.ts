import type { IncomingMessage } from 'node:http';
import type { FastifyRequest } from 'fastify';
import type { Access, AdministratorCaller, Caller, KeyCaller } from '../engine/accounts/index.ts';
import { Problem } from '../lib/problem.ts';
import type { Party } from '../lib/turns.ts';
import { timesNamed } from './listening/own-hosts.ts';
import type { AccessList } from './route-access.ts';
import {
  type AdministratorSessions,
  administratorByCookie,
  administratorByToken,
  fromSessionCookie,
  isAccessToken,
  requireAdmission,
} from './sign-in/administrator-sessions.ts';
import {
  isCapability,
  isKioskToken,
  type KioskSessions,
  kioskByToken,
  type PersonSessions,
  personByToken,
} from './sign-in/person-sessions.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Who calls, on routes that ask for a credential; null elsewhere. */
    caller: Caller | null;
  }
}

/**
 * The key, wherever the caller put it: `Authorization: Bearer …` or `x-api-key: …`; every family takes both. Undefined
 * when there is none. Throws INVALID_REQUEST when two differ: it is undefined which one counts.
 */
function credentialOf({ headers, rawHeaders }: IncomingMessage): string | undefined {
  // Node keeps the first of several Authorization headers and joins several of others.
  for (const name of ['authorization', 'x-api-key']) {
    if (timesNamed(rawHeaders, name) > 1) {
      throw new Problem('INVALID_REQUEST', `Send the header ${name} once.`, {
        details: [{ path: name, message: 'It is there more than once.' }],
      });
    }
  }
  const bearer = bearerOf(headers.authorization);
  const apiKey = String(headers['x-api-key'] ?? '').trim() || undefined;
  if (bearer !== undefined && apiKey !== undefined && bearer !== apiKey) {
    throw new Problem(
      'INVALID_REQUEST',
      'Authorization and x-api-key carry different keys; send the key in one of them.',
      {
        details: [
          { path: 'authorization', message: 'Differs from x-api-key.' },
          { path: 'x-api-key', message: 'Differs from authorization.' },
        ],
      },
    );
  }
  return bearer ?? apiKey;
}

function bearerOf(authorization: string | undefined): string | undefined {
  const text = authorization?.trim();
  if (!text) return undefined;
  const [scheme = '', ...rest] = text.split(/\s+/);
  const credential = rest.join(' ');
  if (scheme.toLowerCase() !== 'bearer') {
    throw new Problem(
      'INVALID_API_KEY_FORMAT',
      'Send the key as "Authorization: Bearer <key>" or "x-api-key: <key>".',
    );
  }
  return credential || undefined;
}

/** What is sent as a credential, read as `authenticate` reads it; undefined where nothing is, or nothing that it reads. */
export function sentCredential(message: IncomingMessage): string | undefined {
  try {
    return credentialOf(message) ?? fromSessionCookie(message.headers.cookie);
  } catch {
    return undefined;
  }
}

export interface Credentials {
  access: Access;
  /** Absent: no administrator can sign in to this server. */
  sessions?: AdministratorSessions;
  /** Absent: no kiosk can call this server. */
  kiosks?: KioskSessions;
  /** Absent: no page of a person can call this server. */
  persons?: PersonSessions;
}

/**
 * Who calls: an API key or an access token where one is sent, else the administrator of the session cookie. Throws what `access`
 * throws, and for an administrator whose role is not in the list. The body has not been read by then.
 */
export async function authenticate(
  { access, sessions, kiosks, persons }: Credentials,
  request: FastifyRequest,
  list: AccessList,
): Promise<Caller> {
  const credential = credentialOf(request.raw);
  if (kiosks && credential !== undefined && isKioskToken(credential)) {
    return kioskByToken(kiosks, credential, list);
  }
  if (persons && list.session !== undefined && credential !== undefined && isCapability(credential)) {
    const { headers, host } = request;
    return personByToken(persons, credential, { origin: headers.origin, host });
  }
  if (credential === undefined && list.kiosk !== undefined) {
    throw new Problem('MISSING_AUTH', 'This is for a paired kiosk: open its page (/kiosk/) on the device.');
  }
  if (sessions) {
    const administrator = await administratorOf(sessions, request, list, credential);
    if (administrator) {
      requireAdmission(sessions, administrator, list);
      return administrator;
    }
  }
  if (credential === undefined && list.key === undefined) {
    throw new Problem(
      'MISSING_AUTH',
      'This takes a signed-in administrator: sign in (POST /api/auth/login) and send the access token as "Authorization: Bearer …".',
    );
  }
  return access.authenticate({
    scope: list.key,
    orScopes: list.orKey,
    refusal: list.keyRefusal,
    address: request.ip,
    credential,
    origin: request.headers.origin,
  });
}

/** A cookie counts only where nothing else is sent, and only on routes of the console. */
async function administratorOf(
  sessions: AdministratorSessions,
  request: FastifyRequest,
  list: AccessList,
  credential: string | undefined,
): Promise<AdministratorCaller | undefined> {
  if (credential !== undefined) {
    return isAccessToken(credential) ? administratorByToken(sessions, credential) : undefined;
  }
  const takesAdministrators = (list.administrator ?? []).length > 0 || list.applianceOwner;
  return takesAdministrators && !list.tokenOnly ? administratorByCookie(sessions, request) : undefined;
}

/** The caller of a route that asks for a credential. */
export function callerOf(request: FastifyRequest): Caller {
  if (!request.caller) {
    throw new Error(`${request.routeOptions.url} reads the caller but asks for no credential`);
  }
  return request.caller;
}

/** The key that calls a route which only keys may call. */
export function keyOf(request: FastifyRequest): KeyCaller {
  const caller = callerOf(request);
  if (caller.is !== 'key') {
    throw new Error(`${request.routeOptions.url} expects an API key but let a ${caller.is} in`);
  }
  return caller;
}

/** Identifier of the caller for metering. */
export const meteredAs = (caller: Caller): string => (caller.is === 'key' ? caller.key : caller.session);

/** The party of a request: callers without a credential, or with one that anyone gets, share a group, by network. */
export function partyOf({ caller, ip }: FastifyRequest, networkOf: (address: string) => string): Party {
  if (!caller || caller.is === 'session' || (caller.is === 'key' && caller.browser))
    return ['public', networkOf(ip)];
  const { organization } = caller;
  if (caller.is === 'key') return [organization, caller.lineage];
  return [organization, caller.is === 'kiosk' ? caller.kiosk : caller.administrator];
}

/** The administrator who calls a route that only administrators may call. */
export function administratorOfRequest(request: FastifyRequest): AdministratorCaller {
  const caller = callerOf(request);
  if (caller.is !== 'administrator') {
    throw new Error(`${request.routeOptions.url} expects an administrator but admitted a ${caller.is}`);
  }
  return caller;
}
