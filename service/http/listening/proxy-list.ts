import ipaddr from 'ipaddr.js';
import { parseNetwork } from '../../lib/network.ts';

/** Names of networks, as in Fastify's `trustProxy`. */
const namedNetworks: Partial<Record<string, readonly string[]>> = {
  loopback: ['127.0.0.0/8', '::1/128'],
  linklocal: ['169.254.0.0/16', 'fe80::/10'],
  uniquelocal: ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7'],
};

export const PROXY_WANTED =
  'give an address, a network such as 10.0.0.0/8, or one of loopback, linklocal and uniquelocal';

type Holds = (address: string) => boolean;

/** Returns a test of whether an address is one of `proxies`. Throws for an entry that does not match PROXY_WANTED. */
export function createProxyList(proxies: readonly string[]): Holds {
  const all = proxies.map((text) => {
    const proxy = parseProxy(text);
    if (!proxy) throw new Error(`"${text}" is no trusted proxy: ${PROXY_WANTED}.`);
    return proxy;
  });
  return (address) => all.some((holds) => holds(address));
}

/** `undefined` where the text does not match PROXY_WANTED. */
export function parseProxy(text: string): Holds | undefined {
  const named = Object.hasOwn(namedNetworks, text) ? namedNetworks[text] : undefined;
  const networks = (named ?? [text]).map(parseOne);
  if (!networks.every((holds) => holds !== undefined)) return undefined;
  return (address) => networks.some((holds) => holds(address));
}

function parseOne(text: string): Holds | undefined {
  const [, host = '', zone, length] = /^([^/%]+)(%[^/]+)?(?:\/([\d.]+))?$/.exec(text) ?? [];
  const network = parseNetwork(`${host}/${length === undefined ? widthOf(host) : prefixOf(length)}`);
  // Every address as a proxy would let any caller choose the address it counts as.
  if (!network || network.bits === 0) return undefined;
  return (address) => network.holds(address) && (zone === undefined || address.endsWith(zone));
}

const widthOf = (host: string) => (host.includes(':') ? 128 : 32);

/** Prefix length of `8` or of the mask `255.0.0.0`; NaN for a mask with holes. */
const prefixOf = (length: string): number =>
  ipaddr.IPv4.isValidFourPartDecimal(length)
    ? (ipaddr.IPv4.parse(length).prefixLengthFromSubnetMask() ?? Number.NaN)
    : Number(length);
