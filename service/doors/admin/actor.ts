import type { FastifyRequest } from 'fastify';
import type { Actor } from '../../engine/audit/index.ts';
import { callerOf } from '../../http/authentication.ts';

/**
 * The person at the box, by the name of their account as the CLI gives it. The socket's mode decides who may call; the name is
 * for the audit log.
 */
export function operatorOf(request: FastifyRequest): Actor {
  const name = request.headers['x-gatehouse-operator'];
  return {
    is: 'operator',
    name: typeof name === 'string' && name !== '' ? name.slice(0, 64) : 'unknown',
    request: request.id,
  };
}

/** The caller of the LAN. */
export function actorOfCaller(request: FastifyRequest): Actor {
  const caller = callerOf(request);
  switch (caller.is) {
    case 'key':
      return { is: 'key', key: caller.key, request: request.id };
    case 'administrator':
      return { is: 'administrator', administrator: caller.administrator, request: request.id };
    case 'kiosk':
    case 'session':
      throw new Error(`${request.routeOptions.url} let the page of a ${caller.is} administer`);
    default:
      return caller satisfies never;
  }
}
