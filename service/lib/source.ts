import { isIPv4 } from 'node:net';
import ipaddr from 'ipaddr.js';

/**
 * What counts as one source of requests: an IPv4 address, or the /64 that one IPv6 host can choose its addresses from. An
 * IPv4-mapped address is its IPv4 address.
 */
export function sourceOf(address: string): string {
  // As most are; the rest takes ten times as long.
  if (isIPv4(address)) return address;
  const parsed = parse(address);
  if (!parsed) return 'unknown';
  return parsed.kind() === 'ipv4' ? parsed.toString() : prefixOf(parsed, 64);
}

/** The /48 of an IPv6 address, which one site has and which holds 65,536 sources; undefined for IPv4. */
export function siteOf(address: string): string | undefined {
  if (isIPv4(address)) return undefined;
  const parsed = parse(address);
  return parsed?.kind() === 'ipv6' ? prefixOf(parsed, 48) : undefined;
}

/** Without its zone, which may have characters that no zone of ipaddr.js has (`%br-lan`, `%eth0.10`). Absent: the connection was reset. */
function parse(address = '') {
  const text = address.replace(/%.*$/, '');
  if (!ipaddr.isValid(text)) return undefined;
  const parsed = ipaddr.process(text);
  // An IPv4 client behind a translator (RFC 6052): its own address stands in the last 32 bits.
  return parsed.range() === 'rfc6052' ? ipaddr.fromByteArray(parsed.toByteArray().slice(-4)) : parsed;
}

const prefixOf = (address: ReturnType<typeof ipaddr.parse>, bits: number) =>
  `${ipaddr.fromByteArray(address.toByteArray().map((byte, i) => (i < bits / 8 ? byte : 0)))}/${bits}`;
