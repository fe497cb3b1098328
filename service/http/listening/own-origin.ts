import type { FastifyRequest } from 'fastify';
import { Problem } from '../../lib/problem.ts';

/** `https://box.example`, for links to pages of this appliance: by the header `Host`, which the server has checked against its names. */
export function ownOrigin({ headers, protocol }: Pick<FastifyRequest, 'headers' | 'protocol'>): string {
  const origin = URL.parse(`${protocol}://${headers.host ?? ''}`)?.origin;
  if (origin !== undefined && origin !== 'null') return origin;
  throw new Problem('HOST_NOT_ALLOWED', 'Send the header Host with a name or address of this appliance.');
}
