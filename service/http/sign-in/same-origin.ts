import type { FastifyRequest } from 'fastify';

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
