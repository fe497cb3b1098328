import type { OrganizationId } from '../../lib/id.ts';
import type { Outgoing } from '../../outgoing/outgoing.ts';
import { classifyAddress } from './address-class.ts';
import type { CheckedDestination, Destinations } from './destination.ts';
import { refusal } from './destination-refusal.ts';
import {
  checkAddresses,
  type GrantScope,
  type OwnPlaces,
  refuseName,
  refuseUnnamed,
  type Wish,
} from './destination-rules.ts';
import { parseDestinationUrl, parseHost, readPort } from './destination-url.ts';

export interface DestinationsDeps {
  grants: { active(organization: OrganizationId): Promise<readonly GrantScope[]> };
  outgoing: Pick<Outgoing, 'resolve'>;
  /** As they are now. */
  own: () => OwnPlaces | Promise<OwnPlaces>;
}

export function createDestinations({ grants, outgoing, own }: DestinationsDeps): Destinations {
  async function addressesOf(wish: Wish): Promise<string[]> {
    refuseName(wish);
    const open = await grants.active(wish.organization);
    if (wish.isAddress) return checkAddresses(wish, [wish.host], open, await own());
    refuseUnnamed(wish, open);
    return checkAddresses(wish, await outgoing.resolve(wish.host), open, await own());
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
