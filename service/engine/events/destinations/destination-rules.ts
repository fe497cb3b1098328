import type { OrganizationId } from '../../../lib/id.ts';
import { parseNetwork } from '../../../lib/network.ts';
import type { Outgoing } from '../../../outgoing/outgoing.ts';
import {
  type CheckedDestination,
  type ClassifiedAddress,
  classifyAddress,
  type DestinationRule,
  type Destinations,
  type Grant,
  isLoopbackNetwork,
  parseDestinationUrl,
  parseHost,
  readPort,
  refusal,
  type Target,
} from './destination.ts';

/** Own addresses: the doors, database and key store. Never a destination, even with a grant. */
export interface ApplianceAddresses {
  /** Every address of this machine, as text; loopback need not be among them. */
  machine: readonly string[];
  /** Ports of this machine. */
  ports: readonly number[];
  /** By address or by name, of any machine. */
  elsewhere: readonly { address: string; port: number }[];
}

/** A target, and in whose name. `web`: a URL to post to, not a mail server. */
interface Wish extends Target {
  organization: OrganizationId;
  web: boolean;
}

export type GrantScope = Pick<Grant, 'to' | 'port'> & Partial<Pick<Grant, 'reach'>>;

/** Names by which machines in a cloud ask for their credentials. */
const metadataNames = new Set([
  'metadata',
  'metadata.google.internal',
  'metadata.goog',
  'instance-data',
  'instance-data.ec2.internal',
]);

/** Throws DESTINATION_FORBIDDEN for a name that is never asked for. */
export function refuseName({ host, isAddress }: Pick<Target, 'host' | 'isAddress'>): void {
  if (isAddress || !metadataNames.has(host)) return;
  throw never('metadata', `${host} gives out a cloud machine’s credentials: nothing is ever sent there.`);
}

/** Throws DESTINATION_NOT_GRANTED where no grant could cover the name, whatever its addresses are: then it is not resolved. */
function refuseUnnamed(wish: Wish, grants: readonly GrantScope[]): void {
  if (!grants.some((grant) => opensPort(grant, wish) && mayCover(grant, wish))) throw notGranted(wish);
}

/**
 * The addresses to dial, in their order: every one that the host has, or none. Throws DESTINATION_FORBIDDEN, DESTINATION_NOT_GRANTED.
 * `addresses` is what the host resolved to just now, or the host itself.
 */
function checkAddresses(
  wish: Wish,
  addresses: readonly string[],
  grants: readonly GrantScope[],
  own: ApplianceAddresses,
): string[] {
  const classified = addresses.map(classifyAddress);
  for (const one of classified) refuseNever(wish, one, own);
  const open = grants.filter((grant) => opensPort(grant, wish));
  for (const one of classified) {
    if (!open.some((grant) => covers(grant, wish, one))) throw notGranted(wish, one);
  }
  return [...new Set(classified.map(({ address }) => address))];
}

const sentences: Partial<Record<DestinationRule, string>> = {
  unspecified: 'an address that names no host',
  'link-local': 'a link-local address',
  metadata: 'an address where cloud machines get their credentials',
  multicast: 'a multicast address',
  reserved: 'an address reserved for other uses (documentation, tests, protocols)',
  tunnel: 'an address of a tunnel, whose other end cannot be checked',
  'embedded-address': 'an IPv6 address that stands for an IPv4 address which must be written as such',
  'unreadable-address': 'an address that cannot be read',
};

function refuseNever(
  wish: Wish,
  { class: found, address, embedded }: ClassifiedAddress,
  own: ApplianceAddresses,
): void {
  const is = wish.isAddress ? `${wish.host} is` : `${wish.host} has`;
  if (found.is === 'never')
    throw never(found.rule, `${is} ${sentences[found.rule]}: nothing is ever sent there.`);
  if (isOwn({ address, embedded, class: found }, wish, own))
    throw never(
      'own-listener',
      `${wish.host}, port ${wish.port} is this box itself, or its database: nothing is ever sent there.`,
    );
  if (wish.web && !wish.secure && found.is !== 'loopback' && found.is !== 'private')
    throw never('plain-http', `${is} no private address: only https:// is sent there.`);
}

function isOwn(
  { address, embedded, class: found }: ClassifiedAddress,
  { host, port }: Pick<Target, 'host' | 'port'>,
  own: ApplianceAddresses,
): boolean {
  const names = embedded === undefined ? [host, address] : [host, address, embedded];
  const here = found.is === 'loopback' || own.machine.some((one) => names.includes(one));
  return (
    (here && own.ports.includes(port)) ||
    own.elsewhere.some((one) => one.port === port && names.includes(one.address))
  );
}

/** Throws DESTINATION_FORBIDDEN for what is no name of the public internet: networks, addresses, names of this machine or network. */
export function refuseLocal({ to }: GrantScope): void {
  if (to.is === 'preset' || (to.is === 'name' && to.name.includes('.') && !isLocalhost(to.name))) return;
  throw never(
    'not-public',
    'An administrator of an organization grants names of the public internet, or public-https. Addresses, networks and names of this machine are granted by an appliance owner, or on the box: gatehouse grant add.',
  );
}

/** Whether a network is a single address and, with the port, one of our own. */
export function isOwnAddress(cidr: string, port: number | undefined, own: ApplianceAddresses): boolean {
  const [address = '', bits] = cidr.split('/');
  const single = bits === (address.includes(':') ? '128' : '32');
  return single && port !== undefined && isOwn(classifyAddress(address), { host: address, port }, own);
}

const never = (rule: DestinationRule, sentence: string) => refusal('DESTINATION_FORBIDDEN', rule, sentence);

const opensPort = ({ port }: GrantScope, wish: Wish): boolean =>
  wish.port === (port ?? (wish.web ? defaultPort(wish) : undefined));

const defaultPort = ({ secure }: { secure: boolean }): number => (secure ? 443 : 80);

/** Whether a grant may open a host, before its addresses are known. */
function mayCover({ to }: GrantScope, { host, isAddress, secure, web }: Wish): boolean {
  switch (to.is) {
    case 'name':
      return !isAddress && isNamed(to.name, host);
    case 'cidr':
      return true;
    case 'preset':
      return web && secure;
    default:
      return to satisfies never;
  }
}

function covers(
  grant: GrantScope,
  wish: Wish,
  { address, embedded, class: found }: ClassifiedAddress,
): boolean {
  const { to } = grant;
  if (!mayCover(grant, wish) || (grant.reach === 'public' && found.is !== 'public')) return false;
  switch (to.is) {
    case 'name':
      return found.is !== 'loopback' || isLocalhost(wish.host);
    case 'cidr': {
      if (found.is === 'loopback' && !isLoopbackNetwork(to.cidr)) return false;
      const network = parseNetwork(to.cidr);
      return (
        network?.holds(address) === true || (embedded !== undefined && network?.holds(embedded) === true)
      );
    }
    case 'preset':
      return found.is === 'public';
    default:
      return to satisfies never;
  }
}

/** `*.example.org` is every name below it, at any depth, and not the name itself. */
const isNamed = (name: string, host: string): boolean =>
  name.startsWith('*.') ? host.endsWith(name.slice(1)) && host.length > name.length - 1 : host === name;

const isLocalhost = (host: string) => host === 'localhost' || host.endsWith('.localhost');

function notGranted(wish: Wish, found?: ClassifiedAddress) {
  const { host, port, organization, web } = wish;
  const ofItself = found?.class.is === 'loopback' && !wish.isAddress && !isLocalhost(host);
  const asked = ofItself ? found.address : host;
  const bracketed = asked.includes(':') ? `[${asked}]` : asked;
  const what = web && port === defaultPort(wish) ? bracketed : `${bracketed}:${port}`;
  const command = `gatehouse grant add --org ${organization} ${what.includes('[') ? `'${what}'` : what}`;
  return ofItself
    ? refusal(
        'DESTINATION_NOT_GRANTED',
        'loopback-not-granted',
        `${host} has an address of this machine itself, which only a grant of that very address opens: the administrator of the box can allow it with: ${command}`,
      )
    : refusal(
        'DESTINATION_NOT_GRANTED',
        'not-granted',
        `Nothing may be sent to ${host}, port ${port}: no grant of the organization covers it. The administrator of the box can allow it with: ${command}`,
      );
}

interface DestinationsDeps {
  grants: { active(organization: OrganizationId): Promise<readonly GrantScope[]> };
  outgoing: Pick<Outgoing, 'resolve'>;
  /** As they are now. */
  own: () => ApplianceAddresses | Promise<ApplianceAddresses>;
}

export function createDestinations({ grants, outgoing, own }: DestinationsDeps): Destinations {
  async function addressesOf(wish: Wish): Promise<string[]> {
    refuseName(wish);
    const open = await grants.active(wish.organization);
    if (wish.isAddress) return checkAddresses(wish, [wish.host], open, await own());
    refuseUnnamed(wish, open);
    return checkAddresses(wish, await outgoing.resolve(wish.host, wish.organization), open, await own());
  }
  const checked = ({ host, port, secure }: Wish, addresses: string[]): CheckedDestination => ({
    host,
    port,
    secure,
    addresses,
    ...(addresses.some((address) => classifyAddress(address).class.is !== 'public') && {
      isPrivate: true as const,
    }),
  });
  return {
    async check(organization, text) {
      const { url, ...target } = parseDestinationUrl(text);
      const wish = { ...target, organization, web: true };
      return { ...checked(wish, await addressesOf(wish)), url };
    },
    async checkHost(organization, { host, port, secure }) {
      if (readPort(String(port)) === undefined)
        throw refusal('INVALID_REQUEST', 'port', `${port} is not a port from 1 to 65535.`);
      const wish = { ...parseHost(host), port, secure, organization, web: false };
      return checked(wish, await addressesOf(wish));
    },
  };
}
