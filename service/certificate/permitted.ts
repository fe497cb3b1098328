import ipaddr from 'ipaddr.js';

/** What a certificate authority may issue for. */
export interface Permitted {
  /** Each name permits itself and all names below it. */
  names: string[];
  /** CIDR notation. */
  networks: string[];
}

export function permits({ names, networks }: Permitted, nameOrAddress: string): boolean {
  if (!ipaddr.isValid(nameOrAddress)) {
    return names.some((name) => nameOrAddress === name || nameOrAddress.endsWith(`.${name}`));
  }
  const address = ipaddr.parse(nameOrAddress);
  return networks.some((network) => {
    const [base, prefix] = ipaddr.parseCIDR(network);
    return base.kind() === address.kind() && address.match([base, prefix] as never);
  });
}
