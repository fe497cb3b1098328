import type { IncomingMessage } from 'node:http';
import type { FastifyRequest } from 'fastify';
import type { Access, Caller, KeyCaller } from '../engine/access/index.ts';
import { defined } from '../lib/defined.ts';
import { Problem } from '../lib/problem.ts';
import type { AccessList } from './route-access.ts';

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
    if (rawHeaders.filter((text, i) => i % 2 === 0 && text.toLowerCase() === name).length > 1) {
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

/**
 * Who calls, where the list takes such a caller. Throws what `access` throws; nothing of the body has been read by then.
 * API keys are the only credentials that can be checked so far: where none may call, every request is refused.
 */
export async function authenticate(
  access: Access,
  request: FastifyRequest,
  list: AccessList,
): Promise<Caller> {
  const credential = credentialOf(request.raw);
  if (credential === undefined && list.key === undefined) {
    throw new Problem(
      'MISSING_AUTH',
      'This takes a signed-in administrator, which this release cannot check: use the "gatehouse" command on the box.',
    );
  }
  return access.authenticate(
    defined({
      scope: list.key,
      refusal: list.keyRefusal,
      address: request.ip,
      credential,
      origin: request.headers.origin,
    }),
  );
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

/** What stands for the caller where its use of the box is measured. */
export const meteredAs = (caller: Caller): string => (caller.is === 'key' ? caller.key : caller.session);
