import { isLoopback } from './listen-policy.ts';

/** Where the other nodes reach a node. IPv6 in brackets. */
export interface NodeAddress {
  host: string;
  port: number;
}

const NODE_PORT = 7301;
const EVERY: readonly string[] = ['', '0.0.0.0', '::', '[::]'];

export const NODE_ADDRESS_WANTED =
  'must be an address or a name of this machine with a port, such as 10.0.0.11:7301';

/** `10.0.0.11:7301`, `[2001:db8::1]:7301` or a name; without a port 7301 is meant. */
export function parseNodeAddress(text: string): NodeAddress | undefined {
  // Not one of the schemes whose own port a URL leaves out.
  const url = /[/@?#\s]/.test(text) ? null : URL.parse(`node://${text}`);
  if (!url || EVERY.includes(url.hostname) || url.port === '0') return undefined;
  return { host: url.hostname, port: Number(url.port) || NODE_PORT };
}

/** Of a machine whose settings name none: undefined where it may be one of several. `addresses`: of the machine, beyond loopback. */
export function ownNodeAddress(host: string, addresses: readonly string[]): NodeAddress | undefined {
  const named = EVERY.includes(host) ? soleOf(addresses) : isLoopback(host) ? '127.0.0.1' : host;
  if (named === undefined) return undefined;
  return { host: named.includes(':') && !named.startsWith('[') ? `[${named}]` : named, port: NODE_PORT };
}

const soleOf = ([first, ...more]: readonly string[]) => (more.length === 0 ? first : undefined);

export const nodeUrl = ({ host, port }: NodeAddress): string => `https://${host}:${port}`;
