import type { FastifyRequest } from 'fastify';
import type { Actor } from '../../engine/audit/index.ts';
import { administratorOfRequest } from '../../http/authentication.ts';

/** The signed-in administrator, for the audit log. */
export function actorOf(request: FastifyRequest): Actor {
  const { administrator } = administratorOfRequest(request);
  return { is: 'administrator', administrator, request: request.id };
}
