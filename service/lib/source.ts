import { isIPv4 } from 'node:net';
import ipaddr from 'ipaddr.js';

/**
 * What counts as one source of requests: an IPv4 address, or the /64 that one IPv6 host can choose its addresses from. An
 * IPv4-mapped address is its IPv4 address.
 */
export function sourceOf(address: string): string {
  // As most are; the rest takes ten times as long.
  if (isIPv4(address)) return address;
  if (!ipaddr.isValid(address)) return 'unknown';
  const parsed = ipaddr.process(address);
  if (parsed.kind() === 'ipv4') return parsed.toString();
  return prefixOf(parsed, 64);
}

/** The /48 of an IPv6 address, which one site has and which holds 65,536 sources; undefined for IPv4. */
export function siteOf(address: string): string | undefined {
  if (isIPv4(address) || !ipaddr.isValid(address)) return undefined;
  const parsed = ipaddr.process(address);
  return parsed.kind() === 'ipv6' ? prefixOf(parsed, 48) : undefined;
}

const prefixOf = (address: ReturnType<typeof ipaddr.parse>, bits: number) =>
  `${ipaddr.fromByteArray(address.toByteArray().map((byte, i) => (i < bits / 8 ? byte : 0)))}/${bits}`;
