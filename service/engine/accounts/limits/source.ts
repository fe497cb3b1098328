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
  const network = ipaddr.fromByteArray(parsed.toByteArray().map((byte, i) => (i < 8 ? byte : 0)));
  return `${network}/64`;
}
