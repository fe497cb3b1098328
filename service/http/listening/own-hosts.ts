import { X509Certificate } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { hostname as systemHostName } from 'node:os';
import type { FastifyRequest } from 'fastify';
import ipaddr from 'ipaddr.js';
import { machineInterfaces } from '../../lib/machine/network-interfaces.ts';
import { parseNetwork } from '../../lib/network.ts';
import { Problem } from '../../lib/problem.ts';

/** The names and addresses that requests may name in `Host`. */
export interface OwnHosts {
  /** Whether `Host` is there once, and names this machine or an allowed host. */
  isOwn(request: IncomingMessage): boolean;
  /** Throws HOST_NOT_ALLOWED where `isOwn` does not hold. */
  check(request: IncomingMessage): void;
}

export interface OwnHostsDeps {
  /** The address or name that is listened on. */
  listen: string;
  /** Further names and addresses; `*.example.org` matches every name directly under example.org. */
  allowed: readonly string[];
  /** PEM of the certificate that is served now; its names are allowed. */
  certificate?: (() => Buffer) | undefined;
  /** Name of this machine. */
  hostName?: () => string;
  /** Addresses of this machine now; the network may change. */
  addresses?: () => string[];
}

const machineAddresses = () => machineInterfaces().map(({ address }) => address);

/**
 * Checks `Host` against DNS rebinding (a foreign name that resolves to this machine would be same-origin with the
 * service) and host header injection (links built from the header would lead where the sender wants). Allowed are
 * loopback, the address the connection came in on, every address and the host name of this machine (also with `.local`),
 * the certificate's names and the configured list. Ports are not compared: a forwarded port differs.
 */
export function createOwnHosts(deps: OwnHostsDeps): OwnHosts {
  const { listen, allowed, certificate, hostName = systemHostName, addresses = machineAddresses } = deps;
  const fixed = new Set([listen, ...allowed].map(canonical).filter((host) => host !== undefined));
  const suffixes = allowed.filter((host) => host.startsWith('*.')).map((host) => host.slice(1).toLowerCase());
  let parsed: { pem: Buffer; names: X509Certificate } | undefined;

  function isInCertificate(host: string): boolean {
    const pem = certificate?.();
    if (!pem) return false;
    if (parsed?.pem !== pem) parsed = { pem, names: new X509Certificate(pem) };
    const names = parsed.names;
    return (ipaddr.isValid(host) ? names.checkIP(host) : names.checkHost(host)) !== undefined;
  }

  function isAllowed(host: string, localAddress: string | undefined): boolean {
    if (host === 'localhost' || fixed.has(host) || isLoopback(host)) return true;
    if (localAddress !== undefined && canonical(localAddress) === host) return true;
    if (suffixes.some((suffix) => host.endsWith(suffix) && !host.slice(0, -suffix.length).includes('.')))
      return true;
    const own = hostName().toLowerCase();
    const short = own.split('.', 1)[0]!;
    if ([own, short, `${short}.local`].includes(host)) return true;
    return isInCertificate(host) || addresses().some((address) => canonical(address) === host);
  }

  const isOwn = ({ headers, rawHeaders, socket }: IncomingMessage) => {
    const host = timesNamed(rawHeaders, 'host') > 1 ? undefined : hostOf(headers.host);
    return host !== undefined && isAllowed(host, socket.localAddress);
  };
  return {
    isOwn,
    check(request) {
      if (isOwn(request)) return;
      const { rawHeaders, headers } = request;
      throw new Problem('HOST_NOT_ALLOWED', sentenceOf(timesNamed(rawHeaders, 'host'), hostOf(headers.host)));
    },
  };
}

function sentenceOf(sent: number, host: string | undefined): string {
  if (sent === 0)
    return 'The proxy or client sends no Host header: let the proxy pass on the one of the browser (nginx: proxy_set_header Host $http_host), or send a name or address of this appliance.';
  if (sent > 1) return 'Send the header Host once, with a name or address of this appliance.';
  const named = host !== undefined && /^[\w.:-]{1,100}$/.test(host) ? `the host "${host}"` : 'this host';
  return `This appliance does not answer for ${named}: use another of its names or addresses, or let its operator add this one to the setting allowedHosts.`;
}

/** The host of a `Host` header, without its port, in canonical form. */
function hostOf(header: string | undefined): string | undefined {
  const [, v6, name] = /^(?:\[([0-9a-f:.]+)\]|([^:[\]]+))(?::\d{0,5})?$/i.exec(header?.trim() ?? '') ?? [];
  return canonical(v6 ?? name ?? '');
}

/** Lower case without a final dot; addresses compressed and IPv4-mapped ones as IPv4; undefined for neither. */
function canonical(host: string): string | undefined {
  const bare = host.replace(/^\[|\]$/g, '').replace(/%.*$/, '');
  if (bare.includes(':')) return ipaddr.IPv6.isValid(bare) ? ipaddr.process(bare).toString() : undefined;
  return /^[a-z0-9_-]+(\.[a-z0-9_-]+)*\.?$/i.test(bare) ? bare.toLowerCase().replace(/\.$/, '') : undefined;
}

const isLoopback = (host: string) =>
  (ipaddr.IPv4.isValidFourPartDecimal(host) || host.includes(':')) &&
  ipaddr.parse(host).range() === 'loopback';

/** How often a header was sent. `name` in lower case; `rawHeaders` as Node gives them: names and values in turn. */
export function timesNamed(rawHeaders: readonly string[], name: string): number {
  let times = 0;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const sent = rawHeaders[i]!;
    if (sent.length === name.length && sent.toLowerCase() === name) times++;
  }
  return times;
}

/** `https://box.example`, for links to pages of this appliance: by the header `Host`, which the server has checked against its names. */
export function ownOrigin({ headers, protocol }: Pick<FastifyRequest, 'headers' | 'protocol'>): string {
  const origin = URL.parse(`${protocol}://${headers.host ?? ''}`)?.origin;
  if (origin !== undefined && origin !== 'null') return origin;
  throw new Problem('HOST_NOT_ALLOWED', 'Send the header Host with a name or address of this appliance.');
}

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
