import type { FastifyRequest } from 'fastify';
import { Problem } from '../../lib/problem.ts';

/** Segments a proxy may have put before a path of this appliance. */
const MOST_SEGMENTS = 4;

export const acceptsHtml = ({ headers }: Pick<FastifyRequest, 'headers'>): boolean =>
  /\btext\/html\b/i.test(headers.accept ?? '');

/** The prefix under which a proxy serves pages, as it says itself (`X-Forwarded-Prefix`); undefined for none. */
export function statedPrefix({ headers }: Pick<FastifyRequest, 'headers'>): string | undefined {
  const stated = [headers['x-forwarded-prefix'] ?? ''].flat().join('').replace(/\/+$/, '');
  return stated === '' ? undefined : stated;
}

/** The prefix without which `isKnown` would hold for `path`; undefined for none. */
export function prefixOf(path: string, isKnown: (path: string) => boolean): string | undefined {
  const segments = path.split('/').filter((part) => part !== '');
  for (let length = 1; length <= Math.min(MOST_SEGMENTS, segments.length); length++)
    if (isKnown(`/${segments.slice(length).join('/')}`)) return `/${segments.slice(0, length).join('/')}`;
  return undefined;
}

export function prefixNotSupported(prefix: string): Problem {
  const named = /^[\w./~-]{1,100}$/.test(prefix) ? ` such as ${prefix}` : '';
  return new Problem(
    'NOT_FOUND',
    `A path prefix${named} is not supported: Gatehouse needs the root of a host name. Give it a host name of its own in the proxy, and pass paths on as they are.`,
  );
}
