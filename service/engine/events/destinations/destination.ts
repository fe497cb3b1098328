import { domainToUnicode } from 'node:url';
import ipaddr from 'ipaddr.js';
import type { GrantId, OrganizationId } from '../../../lib/id.ts';
import { Problem, type ProblemCode } from '../../../lib/problem.ts';
import type { Actor } from '../../audit/index.ts';

/** A granted destination of an organization. Nothing leaves the box without one. */
export interface Grant {
  id: GrantId;
  organization: OrganizationId;
  /**
   * `name`: this host name exactly, or `*.example.org` for any name below; it may resolve to public and private addresses.
   * `cidr`: URLs whose host is an address in it, or a name that resolves into it. Loopback only by a `cidr` inside it, or `localhost` and below. `preset`: `public-https`, any public address at https, port 443.
   */
  to: { is: 'name'; name: string } | { is: 'cidr'; cidr: string } | { is: 'preset'; preset: 'public-https' };
  /** Undefined: the scheme's own (443, or 80 where plain http is allowed), and no mail server's. */
  port: number | undefined;
  /** `public`: public addresses only, whatever `to` covers. */
  reach: 'any' | 'public';
  note: string;
  createdAt: number;
  createdBy: string;
  revoked: { at: number; by: string } | undefined;
  /** Another program wrote or changed its row in the database: it is not in force. */
  altered?: true;
}

export interface Grants {
  /** What is remembered of rows is read again. */
  forgetRead(): void;
  /** All of them, revoked ones too, the oldest first. */
  list(organization: OrganizationId): Promise<Grant[]>;
  /** At most `limit`, the newest first, of those older than the grant `before`; `revoked` picks those that were, or that hold now. */
  page(
    organization: OrganizationId,
    page: { revoked?: boolean; before?: string; limit: number },
  ): Promise<Grant[]>;
  /** `to` as an operator writes it: `hooks.example.org`, `*.example.org:8443`, `10.1.0.0/16:8080`, `[fd00::1]:443`, `public-https`. Reach `public`: names alone, or `public-https`. Throws INVALID_REQUEST, DESTINATION_FORBIDDEN, CONFLICT. */
  add(
    organization: OrganizationId,
    to: string,
    note: string,
    actor: Actor,
    reach?: Grant['reach'],
  ): Promise<Grant>;
  /** From the next attempt on. Throws NOT_FOUND. */
  revoke(organization: OrganizationId, grant: string, actor: Actor): Promise<Grant>;
}

/** A destination that was resolved and checked: dial `addresses` and nothing else. */
export interface CheckedDestination {
  host: string;
  port: number;
  secure: boolean;
  /** Every one allowed; in the order to try. */
  addresses: readonly string[];
  /** One of them is no public address. */
  isPrivate?: true;
}

export interface Destinations {
  /**
   * Of a URL to post to. Parses, resolves once, checks every address. Throws INVALID_REQUEST (how it is written), DESTINATION_FORBIDDEN (never,
   * granted or not), DESTINATION_NOT_GRANTED (403, names the operator's command that grants it); each names its rule. OutgoingError `unresolved`
   * where the name has no address.
   */
  check(organization: OrganizationId, url: string): Promise<CheckedDestination & { url: URL }>;
  /** The same for a mail server. */
  checkHost(
    organization: OrganizationId,
    server: { host: string; port: number; secure: boolean },
  ): Promise<CheckedDestination>;
}

/** Why a destination is refused; stable names, for logs. */
export type DestinationRule =
  // how it is written
  | 'length'
  | 'characters'
  | 'scheme'
  | 'host'
  | 'userinfo'
  | 'fragment'
  | 'port'
  | 'spelling'
  | 'trailing-dot'
  // never, granted or not
  | 'unspecified'
  | 'link-local'
  | 'metadata'
  | 'multicast'
  | 'reserved'
  | 'tunnel'
  | 'embedded-address'
  | 'unreadable-address'
  | 'own-listener'
  | 'plain-http'
  // not for an administrator of an organization to grant
  | 'not-public'
  // no grant covers it
  | 'not-granted'
  | 'loopback-not-granted';

type RefusalCode = Extract<
  ProblemCode,
  'INVALID_REQUEST' | 'DESTINATION_FORBIDDEN' | 'DESTINATION_NOT_GRANTED'
>;

/** The rule is at the end of the sentence and in the details. */
export const refusal = (code: RefusalCode, rule: DestinationRule, sentence: string): Problem =>
  new Problem(code, `${sentence} (Rule: ${rule}.)`, {
    details: [
      { path: 'url', message: sentence },
      { path: 'rule', message: rule },
    ],
  });

/** The rule by which `Destinations` refused; undefined for any other error. */
export function ruleOf(error: unknown): DestinationRule | undefined {
  if (!(error instanceof Problem)) return undefined;
  return error.extra.details?.find(({ path }) => path === 'rule')?.message as DestinationRule | undefined;
}

/** A destination before its name is resolved. */
export interface Target {
  /** As it is resolved, dialled and checked against the certificate: a lower-case name in ASCII, or an address without brackets. */
  host: string;
  isAddress: boolean;
  port: number;
  /** TLS from the start. */
  secure: boolean;
}

const LONGEST = 2_048;

/**
 * Reads a URL to post to, strictly: where two programs might read two hosts out of one text, it is refused instead of put right. Throws
 * INVALID_REQUEST.
 */
export function parseDestinationUrl(text: string): Target & { url: URL } {
  const no = (rule: DestinationRule, sentence: string) => refusal('INVALID_REQUEST', rule, sentence);
  if (text.length > LONGEST) throw no('length', `A URL has at most ${LONGEST} characters.`);
  if (/[\p{Cc}\p{Cf}\p{Z}\p{Cs}\\]/u.test(text))
    throw no('characters', 'A URL has no spaces, control or invisible characters and no backslashes.');
  const [, scheme = '', authority = ''] = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)/i.exec(text) ?? [];
  const secure = /^https$/i.test(scheme);
  if (!secure && !/^http$/i.test(scheme))
    throw no('scheme', 'A URL to post to begins with https:// (or http://, in private networks).');
  if (authority === '') throw no('host', 'The URL names no host.');
  if (authority.includes('@'))
    throw no('userinfo', 'A URL to post to holds no user or password: use a header of the endpoint.');
  if (text.includes('#')) throw no('fragment', 'A URL to post to has no fragment (#…).');
  const [, written = '', portText] = /^(\[[^\]]*\]|[^:[\]]*)(?::(.*))?$/s.exec(authority) ?? [];
  if (written === '') throw no('host', `"${authority}" is no host, or host and port.`);
  const port = portText === undefined ? (secure ? 443 : 80) : readPort(portText);
  if (port === undefined) throw no('port', `"${portText}" is not a port from 1 to 65535.`);
  const url = URL.parse(text);
  if (url === null) throw no('host', `"${written}" is no host name and no address.`);
  if (url.href.length > LONGEST) throw no('length', `A URL has at most ${LONGEST} characters.`);
  const target = readHost(written, url.hostname);
  return { ...target, port, secure, url };
}

/** A host alone, as a mail server or a grant names it: a name, an IPv4 address, or an IPv6 address (in brackets or not). Throws INVALID_REQUEST. */
export function parseHost(text: string): Pick<Target, 'host' | 'isAddress'> {
  const written = text.includes(':') && !text.startsWith('[') ? `[${text}]` : text;
  const url = /[\p{Cc}\p{Cf}\p{Z}\p{Cs}\\/?#@]/u.test(text) ? null : URL.parse(`https://${written}/`);
  if (url === null || url.port !== '' || !/^(\[[^\]]*\]|[^:[\]]+)$/.test(written))
    throw refusal('INVALID_REQUEST', 'host', `"${text}" is no host name and no address.`);
  return readHost(written, url.hostname);
}

/** Undefined for what is not 1 to 65535 in plain digits. */
export function readPort(text: string): number | undefined {
  const port = /^[1-9]\d{0,4}$/.test(text) ? Number(text) : 0;
  return port >= 1 && port <= 65_535 ? port : undefined;
}

/** `parsed` is what the WHATWG parser, and so whatever dials, makes of `written`. */
function readHost(written: string, parsed: string): Pick<Target, 'host' | 'isAddress'> {
  const no = (rule: DestinationRule, sentence: string) => refusal('INVALID_REQUEST', rule, sentence);
  if (parsed.startsWith('[')) return { host: parsed.slice(1, -1), isAddress: true };
  if (ipaddr.IPv4.isValidFourPartDecimal(parsed)) {
    if (written === parsed) return { host: parsed, isAddress: true };
    throw no('spelling', `"${written}" is another spelling of ${parsed}: write it so.`);
  }
  if (parsed.endsWith('.')) throw no('trailing-dot', `Remove the dot at the end of "${written}".`);
  const asRead = written.normalize('NFC').toLowerCase();
  if (asRead !== parsed && asRead !== domainToUnicode(parsed))
    throw no('spelling', `"${written}" is another spelling of ${parsed}: write it so.`);
  if (parsed.length > 253 || !parsed.split('.').every((label) => isLabel.test(label)))
    throw no('host', `"${written}" is no host name.`);
  return { host: parsed, isAddress: false };
}

const isLabel = /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/;

type Never =
  | 'unspecified'
  | 'link-local'
  | 'metadata'
  | 'multicast'
  | 'reserved'
  | 'tunnel'
  | 'embedded-address'
  | 'unreadable-address';

/**
 * What kind of place an address is. `shared` is the carriers' range 100.64.0.0/10, which overlay networks use for their members:
 * it can be granted like a private one, but never without TLS.
 */
type AddressClass =
  | { is: 'loopback' | 'private' | 'shared' | 'public' }
  /** Not even where it was granted. */
  | { is: 'never'; rule: Never };

/** An address in its canonical form, and its class. */
export interface ClassifiedAddress {
  /** To dial. An IPv4-mapped IPv6 address is its IPv4 address. */
  address: string;
  /** The IPv4 address that NAT64 makes of it; whatever holds for one holds for the other. */
  embedded: string | undefined;
  class: AddressClass;
}

type Kind = Exclude<AddressClass['is'], 'never'> | Never;

/** The first network that contains an address decides its class; other addresses are public (IPv4) or reserved (IPv6). */
const ranges: readonly (readonly [cidr: string, kind: Kind])[] = [
  // Cloud machines learn their credentials there. 168.63.129.16 is Azure’s, 100.100.100.200 Alibaba’s, 192.0.0.192 Oracle’s.
  ['169.254.169.254/32', 'metadata'],
  ['169.254.170.0/24', 'metadata'],
  ['168.63.129.16/32', 'metadata'],
  ['100.100.100.200/32', 'metadata'],
  ['192.0.0.192/32', 'metadata'],
  ['fd00:ec2::/32', 'metadata'],
  ['fd20:ce::254/128', 'metadata'],
  ['fd00:c1::a9fe:a9fe/128', 'metadata'],
  ['fd00:42::42/128', 'metadata'],

  ['127.0.0.0/8', 'loopback'],
  ['10.0.0.0/8', 'private'],
  ['172.16.0.0/12', 'private'],
  ['192.168.0.0/16', 'private'],
  ['100.64.0.0/10', 'shared'],
  ['0.0.0.0/8', 'unspecified'],
  ['169.254.0.0/16', 'link-local'],
  ['224.0.0.0/4', 'multicast'],
  // Protocol assignments, documentation, 6to4 relays, benchmarking, AS112, AMT, class E and broadcast.
  ['192.0.0.0/24', 'reserved'],
  ['192.0.2.0/24', 'reserved'],
  ['192.31.196.0/24', 'reserved'],
  ['192.52.193.0/24', 'reserved'],
  ['192.88.99.0/24', 'reserved'],
  ['192.175.48.0/24', 'reserved'],
  ['198.18.0.0/15', 'reserved'],
  ['198.51.100.0/24', 'reserved'],
  ['203.0.113.0/24', 'reserved'],
  ['240.0.0.0/4', 'reserved'],
  ['0.0.0.0/0', 'public'],

  // By its IPv4 address: classifyAddress.
  ['64:ff9b::/96', 'public'],
  ['::1/128', 'loopback'],
  ['::/128', 'unspecified'],
  // IPv4-compatible, and translation with an IPv4 address at a place that only its operator knows.
  ['::/96', 'embedded-address'],
  ['::ffff:0:0:0/96', 'embedded-address'],
  ['64:ff9b:1::/48', 'embedded-address'],
  ['fe80::/10', 'link-local'],
  ['fec0::/10', 'link-local'],
  ['fc00::/7', 'private'],
  ['ff00::/8', 'multicast'],
  // Teredo and 6to4: what comes out at their other end is an IPv4 address of the sender’s choice.
  ['2001::/32', 'tunnel'],
  ['2002::/16', 'tunnel'],
  // Protocol assignments (with benchmarking and ORCHID), documentation, AS112.
  ['2001::/23', 'reserved'],
  ['2001:db8::/32', 'reserved'],
  ['3fff::/20', 'reserved'],
  ['2620:4f:8000::/48', 'reserved'],
  ['2000::/3', 'public'],
  ['::/0', 'reserved'],
];

const table = ranges.map(([cidr, kind]) => ({ ...networkOf(cidr), kind }));
const nat64 = networkOf('64:ff9b::/96');
const loopback = ['127.0.0.0/8', '::1/128'].map(networkOf);

/** Class of an address from a resolver or a URL. Unreadable addresses and those with a zone (`fe80::1%eth0`) are never dialled. */
export function classifyAddress(text: string): ClassifiedAddress {
  if (text.includes('%')) return { address: text, embedded: undefined, class: toClass('link-local') };
  const parsed = ipaddr.IPv4.isValidFourPartDecimal(text)
    ? ipaddr.IPv4.parse(text)
    : ipaddr.IPv6.isValid(text)
      ? ipaddr.IPv6.parse(text)
      : undefined;
  if (parsed === undefined)
    return { address: text, embedded: undefined, class: toClass('unreadable-address') };
  if (parsed instanceof ipaddr.IPv4) return plain(parsed);
  const last = new ipaddr.IPv4(parsed.toByteArray().slice(12));
  if (parsed.isIPv4MappedAddress()) return plain(last);
  if (isIn(nat64, parsed, 128)) {
    const made = classOf(last);
    // A translator is on the way to a public address only: RFC 6052, 3.1.
    const allowed = made.is === 'public' || made.is === 'never' ? made : toClass('embedded-address');
    return { address: parsed.toString(), embedded: last.toString(), class: allowed };
  }
  // ISATAP, whatever network it is in.
  const isatap = parsed.parts[5] === 0x5efe && ((parsed.parts[4] ?? 0) & 0xfdff) === 0;
  return isatap ? { ...plain(parsed), class: toClass('tunnel') } : plain(parsed);
}

const plain = (address: Address): ClassifiedAddress => ({
  address: address.toString(),
  embedded: undefined,
  class: classOf(address),
});

const classOf = (address: Address): AddressClass =>
  toClass(table.find((range) => isIn(range, address, 128))?.kind ?? 'unreadable-address');

/** The rule that forbids every address of a network; undefined where one of them can be reached. */
export function neverOf(cidr: string): Never | undefined {
  const network = networkOf(cidr);
  const within = table.filter((range) => isIn(network, range.base, range.bits));
  if (within.some(({ kind }) => isReachable(kind))) return undefined;
  const kind = table.find((range) => isIn(range, network.base, network.bits))?.kind;
  return kind === undefined || isReachable(kind) ? undefined : kind;
}

/** Whether a network is loopback only. */
export function isLoopbackNetwork(cidr: string): boolean {
  const network = networkOf(cidr);
  return loopback.some((range) => isIn(range, network.base, network.bits));
}

type Address = ipaddr.IPv4 | ipaddr.IPv6;

interface Range {
  base: Address;
  bits: number;
}

/** Network of a canonical address. */
function networkOf(cidr: string): Range {
  const [base, bits] = ipaddr.parseCIDR(cidr);
  return { base, bits };
}

/** Whether a range holds an address, or a network of at least that prefix length. */
function isIn(range: Range, base: Address, bits: number): boolean {
  if (bits < range.bits) return false;
  if (base instanceof ipaddr.IPv4)
    return range.base instanceof ipaddr.IPv4 && base.match(range.base, range.bits);
  return range.base instanceof ipaddr.IPv6 && base.match(range.base, range.bits);
}

const reachable = ['loopback', 'private', 'shared', 'public'] as const;
type Reachable = (typeof reachable)[number];

function isReachable(kind: Kind): kind is Reachable {
  return reachable.some((one) => one === kind);
}

function toClass(kind: Kind): AddressClass {
  return isReachable(kind) ? { is: kind } : { is: 'never', rule: kind };
}
