import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { FastifyRequest } from 'fastify';
import ipaddr from 'ipaddr.js';
import { Problem } from '../../lib/problem.ts';

/** An entry that names no address: no network holds it, so no key that is bound to networks works from there. */
const UNKNOWN = 'unknown';

/**
 * Addresses that are read, from the end of the list: more than stand behind one another as proxies. What a client sent of its own stands
 * before them, thousands in one header.
 */
const MOST_HOPS = 32;

/**
 * Rewrites what proxies said of a request into the one form that the server reads: addresses in `X-Forwarded-For` without ports, brackets
 * and zones (Azure and IIS write ports), and `Forwarded` (RFC 7239), where there is no `X-Forwarded-For`, as `X-Forwarded-For` and
 * `-Proto`. Only for a connection of a trusted proxy; of any other these headers are not believed at all. `X-Forwarded-Host` is never
 * believed: proxies pass on what a caller wrote there, and the host that was checked is that of `Host`.
 */
export function readForwarded(
  { headers, socket }: Pick<IncomingMessage, 'headers' | 'socket'>,
  isProxy: (address: string) => boolean,
): void {
  delete headers['x-forwarded-host'];
  if (!isProxy(socket.remoteAddress ?? '')) return;
  const list = headers['x-forwarded-for'];
  if (list !== undefined) {
    headers['x-forwarded-for'] = plainList([list].flat().join(',').split(','));
    return;
  }
  if (headers.forwarded === undefined) return;
  const hops = parseForwarded(headers.forwarded);
  headers['x-forwarded-for'] = plainList(hops?.map((hop) => hop.for ?? UNKNOWN) ?? [UNKNOWN]);
  if (!hops) return;
  // What the proxy wrote that the client itself reached.
  let at = hops.length - 1;
  while (at > 0 && isProxy(plainAddress(hops[at]?.for ?? UNKNOWN))) at--;
  const { proto } = hops[at]!;
  if (proto !== undefined && /^https?$/i.test(proto)) headers['x-forwarded-proto'] = proto.toLowerCase();
}

/** The address of the client as a proxy passed it on, after `readForwarded`: the last one in the list that is no proxy, as for `request.ip`. */
export function clientOf(
  { headers, socket }: Pick<IncomingMessage, 'headers' | 'socket'>,
  isProxy: (address: string) => boolean,
): string {
  const list = [headers['x-forwarded-for'] ?? []].flat().join(',').split(',');
  const addresses = list.map((one) => one.trim()).filter(Boolean);
  return addresses.findLast((one) => !isProxy(one)) ?? addresses[0] ?? socket.remoteAddress ?? '';
}

const plainList = (addresses: string[]) => addresses.slice(-MOST_HOPS).map(plainAddress).join(', ');

/** `203.0.113.9` of `203.0.113.9:4711`, `fe80::1` of `[fe80::1%eth0]:4711`; other texts as they are. */
function plainAddress(entry: string): string {
  const text = entry.trim();
  const [, inBrackets, beforePort] = /^(?:\[([^\]]+)\](?::\w+)?|([\d.]+):\w+)$/.exec(text) ?? [];
  const address = (inBrackets ?? beforePort ?? text).replace(/%.*$/, '');
  return ipaddr.IPv4.isValidFourPartDecimal(address) || ipaddr.IPv6.isValid(address) ? address : text;
}

interface Hop {
  for?: string;
  proto?: string;
}

const TOKEN = "[!#$%&'*+.^_`|~\\w-]+";
/** `name=value` (RFC 7239, section 4), then what ends it. */
const PAIR = new RegExp(`[ \\t]*(${TOKEN})=(?:"((?:[^"\\\\]|\\\\.)*)"|(${TOKEN}))[ \\t]*(;|,|$)`, 'y');

/** Undefined where any part is malformed: a client could have left a quote open to hide what the proxy added behind it. */
function parseForwarded(header: string): Hop[] | undefined {
  const hops: Hop[] = [{}];
  const pair = new RegExp(PAIR);
  for (;;) {
    const found = pair.exec(header);
    if (!found) return undefined;
    const [, name = '', quoted, bare = '', end] = found;
    const key = name.toLowerCase();
    const value = quoted?.replace(/\\(.)/g, '$1') ?? bare;
    const hop = hops.at(-1)!;
    if (key === 'for' || key === 'proto') {
      if (hop[key] !== undefined) return undefined;
      hop[key] = value;
    }
    if (end === '') return hops;
    if (end === ',') hops.push({});
  }
}

/** Segments a proxy may have put before a path of this appliance. */
const MOST_SEGMENTS = 4;

export const acceptsHtml = ({ headers }: Pick<FastifyRequest, 'headers'>): boolean =>
  /\btext\/html\b/i.test(headers.accept ?? '');

/**
 * Characters of a stated prefix that are looked at. Any caller can send the header, and the time for slashes before another letter grows
 * with the square of their number (0.25 s for 15 kB).
 */
const LONGEST_PREFIX = 256;

/** The prefix under which a proxy serves pages, as it says itself (`X-Forwarded-Prefix`); undefined for none. */
export function statedPrefix({ headers }: Pick<FastifyRequest, 'headers'>): string | undefined {
  const sent = [headers['x-forwarded-prefix'] ?? ''].flat().join('').slice(0, LONGEST_PREFIX);
  const stated = sent.replace(/\/+$/, '');
  return stated === '' ? undefined : stated;
}

/** The prefix without which `isKnown` would hold for the segments of a path; undefined for none. */
export function prefixOf(
  segments: readonly string[],
  isKnown: (rest: readonly string[]) => boolean,
): string | undefined {
  for (let length = 1; length <= Math.min(MOST_SEGMENTS, segments.length); length++)
    if (isKnown(segments.slice(length))) return `/${segments.slice(0, length).join('/')}`;
  return undefined;
}

export function prefixNotSupported(prefix: string): Problem {
  const named = /^[\w./~-]{1,100}$/.test(prefix) ? ` such as ${prefix}` : '';
  return new Problem(
    'NOT_FOUND',
    `A path prefix${named} is not supported: Gatehouse needs the root of a host name. Give it a host name of its own in the proxy, and pass paths on as they are.`,
  );
}

/** One year, the minimum of the browsers' preload rules. Without subdomains, which may belong to others. */
const POLICY = 'max-age=31536000';

/**
 * Strict-Transport-Security (RFC 6797) for the answer to `request`, or undefined where it does not apply: without TLS, for an IP
 * literal or `localhost`, and for a name that the certificate of this connection does not cover.
 */
export function transportSecurityOf({ socket, headers }: IncomingMessage): string | undefined {
  if (!(socket instanceof TLSSocket)) return undefined;
  const name = hostNameOf(headers.host ?? '');
  if (name === undefined) return undefined;
  return socket.getX509Certificate()?.checkHost(name) === undefined ? undefined : POLICY;
}

function hostNameOf(host: string): string | undefined {
  const name = host.replace(/:\d*$/, '').replace(/\.$/, '').toLowerCase();
  if (name === '' || name.startsWith('[') || isIP(name) !== 0) return undefined;
  return name === 'localhost' || name.endsWith('.localhost') ? undefined : name;
}
