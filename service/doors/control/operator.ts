import type { FastifyRequest } from 'fastify';
import type { Actor } from '../../engine/audit/index.ts';

/**
 * The person at the box, by the name of their account as the CLI gives it. Who may speak at all is decided by the socket's
 * mode; the name is for the audit log.
 */
export function operator(request: FastifyRequest): Actor {
  const name = request.headers['x-gatehouse-operator'];
  return {
    is: 'operator',
    name: typeof name === 'string' && name !== '' ? name.slice(0, 64) : 'unknown',
    request: request.id,
  };
}
