import type { FastifyRequest } from 'fastify';
import type { KeyCaller } from '../../engine/access/index.ts';
import { accessListOf } from '../route-access.ts';

/** A caller whose requests are counted. */
export type CountedCaller = Pick<KeyCaller, 'organization' | 'world' | 'lineage'>;

/**
 * The caller that a request counts for: an API key, and where an access token takes its place, the administrator, in the world that the address
 * names. Undefined for all others: their routes have limits of their own.
 */
export function countedCaller({ caller, query, routeOptions }: FastifyRequest): CountedCaller | undefined {
  if (caller?.is === 'key') return caller;
  if (caller?.is !== 'administrator' || !accessListOf(routeOptions.config.access)?.tokenOnly)
    return undefined;
  const { env } = (query ?? {}) as { env?: unknown };
  const { organization, administrator: lineage } = caller;
  return { organization, lineage, world: env === 'test' ? 'test' : 'live' };
}
