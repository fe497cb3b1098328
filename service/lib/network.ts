import ipaddr from 'ipaddr.js';

type Address = ipaddr.IPv4 | ipaddr.IPv6;

/** An IP network in its canonical spelling: host bits cleared, IPv6 compressed, IPv4-mapped IPv6 as IPv4. */
export interface Network {
  cidr: string;
  /** Length of the prefix: a larger one is a narrower network. */
  bits: number;
  holds(address: string): boolean;
}

/** `undefined` for anything that is not `address/bits`. */
export function parseNetwork(text: string): Network | undefined {
  const [, host = '', length = ''] = /^([^/]+)\/(\d{1,3})$/.exec(text.trim()) ?? [];
  const written = parseWritten(host);
  if (written === undefined || length === '') return undefined;
  const mapped = written instanceof ipaddr.IPv6 && written.isIPv4MappedAddress();
  const base = mapped ? written.toIPv4Address() : written;
  const bits = Number(length) - (mapped ? 96 : 0);
  const width = base.kind() === 'ipv4' ? 32 : 128;
  if (bits < 0 || bits > width) return undefined;
  const network = clearHostBits(base, bits);
  return {
    cidr: `${network}/${bits}`,
    bits,
    holds(text) {
      const address = parseAddress(text);
      // match() takes an address of its own kind only.
      if (address instanceof ipaddr.IPv4 && network instanceof ipaddr.IPv4)
        return address.match(network, bits);
      if (address instanceof ipaddr.IPv6 && network instanceof ipaddr.IPv6)
        return address.match(network, bits);
      return false;
    },
  };
}

/** An IPv4-mapped IPv6 address, as dual-stack sockets report it, is its IPv4 address. */
function parseAddress(text: string): Address | undefined {
  const address = parseWritten(text);
  return address instanceof ipaddr.IPv6 && address.isIPv4MappedAddress() ? address.toIPv4Address() : address;
}

/** Four decimal parts or IPv6; not the octal, hexadecimal and short forms of IPv4 that old resolvers take. */
function parseWritten(text: string): Address | undefined {
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) return ipaddr.IPv4.parse(text);
  return ipaddr.IPv6.isValid(text) ? ipaddr.IPv6.parse(text) : undefined;
}

function clearHostBits(address: Address, bits: number): Address {
  const bytes = address
    .toByteArray()
    .map((byte, index) => byte & (0xff << (8 - Math.min(8, Math.max(0, bits - index * 8)))) & 0xff);
  return ipaddr.fromByteArray(bytes);
}
