import ipaddr from 'ipaddr.js';

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
export type AddressClass =
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
