import { hostname as systemHostName } from 'node:os';
import ipaddr from 'ipaddr.js';
import type { Config } from '../config.ts';
import { isDnsName } from '../http/listening/listen-policy.ts';
import { machineInterfaces } from '../lib/machine/network-interfaces.ts';

/** What a certificate of the box is for. */
export interface BoxNames {
  /** The setting `hostName`, where it is set. */
  chosen: string | undefined;
  /** DNS names, the one to show first; `localhost` is the last. */
  names: string[];
  addresses: string[];
  /** The networks that this machine is attached to, and loopback, in CIDR notation. */
  networks: string[];
}

export interface Machine {
  hostName: string;
  interfaces: readonly { address: string; cidr: string | null }[];
}

const loopback = { addresses: ['127.0.0.1', '::1'], networks: ['127.0.0.0/8', '::1/128'] };
const thisMachine = (): Machine => ({
  hostName: systemHostName(),
  interfaces: machineInterfaces(),
});

/**
 * The names and addresses by which clients reach the box: the setting `hostName`, or the machine's own host name where it is not set, each
 * also with `.local`; the entries of `allowedHosts` without a wildcard; `localhost`; every address of the machine that needs no
 * interface named with it.
 */
export function boxNames(
  { hostName, allowedHosts }: Pick<Config, 'hostName' | 'allowedHosts'>,
  machine: Machine = thisMachine(),
): BoxNames {
  const own = machine.hostName.toLowerCase();
  const label = (hostName ?? own).split('.', 1)[0]!;
  const allowed = allowedHosts.map((host) => host.toLowerCase());
  const names = [...(hostName === undefined ? [own, label] : [hostName]), `${label}.local`, ...allowed];
  const attached = machine.interfaces.filter(({ address }) => isReachable(address));
  const further = allowed.filter(ipaddr.isValid).map(canonical);
  return {
    chosen: hostName,
    names: [...new Set(names.filter((name) => isDnsName(name) && !isLocalhost(name))), 'localhost'],
    addresses: [
      ...new Set([...loopback.addresses, ...attached.map(({ address }) => canonical(address)), ...further]),
    ],
    networks: [
      ...new Set([
        ...loopback.networks,
        ...attached.map(({ address, cidr }) => networkOf(cidr ?? address)),
        ...further.map(networkOf),
      ]),
    ],
  };
}

const isLocalhost = (name: string) => name === 'localhost' || name.endsWith('.localhost');

/** A link-local IPv6 address means nothing without its interface, which no certificate names. */
const isReachable = (address: string) =>
  ipaddr.isValid(address) && !['linkLocal', 'loopback'].includes(ipaddr.parse(address).range());

const canonical = (address: string) => ipaddr.process(address).toString();

/** `192.168.1.17/24` is in `192.168.1.0/24`; of a single address the network is itself. */
function networkOf(text: string): string {
  const [address, prefix] = text.split('/');
  const parsed = ipaddr.parse(address!);
  const bits = prefix === undefined ? parsed.toByteArray().length * 8 : Number(prefix);
  const network =
    parsed.kind() === 'ipv4'
      ? ipaddr.IPv4.networkAddressFromCIDR(`${address}/${bits}`)
      : ipaddr.IPv6.networkAddressFromCIDR(`${address}/${bits}`);
  return `${network}/${bits}`;
}
