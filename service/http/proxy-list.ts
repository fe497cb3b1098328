import { parseNetwork } from '../lib/network.ts';

/** Says of an address whether it is one of `proxies` (addresses or CIDRs; anything else matches nothing). */
export function createProxyList(proxies: readonly string[]): (address: string) => boolean {
  const networks = proxies
    .map((text) => parseNetwork(text) ?? parseNetwork(`${text}/${text.includes(':') ? 128 : 32}`))
    .filter((network) => network !== undefined);
  return (address) => networks.some((network) => network.holds(address));
}
