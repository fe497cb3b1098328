import { type DestinationRule, ruleOf } from '../../service/engine/events/destinations/destination.ts';
import { parseGrant } from '../../service/engine/events/destinations/grants.ts';
import { type ApplianceAddresses, createDestinations } from '../../service/engine/events/index.ts';
import type { OrganizationId } from '../../service/lib/id.ts';
import { Problem } from '../../service/lib/problem.ts';
import { OutgoingError } from '../../service/outgoing/outgoing.ts';

export const organization = 'org_1' as OrganizationId;

export const own: ApplianceAddresses = {
  machine: ['10.0.0.5', '93.184.216.9', 'fd00::5', 'fe80::5'],
  ports: [7300, 5432],
  elsewhere: [
    { address: '10.0.0.9', port: 5433 },
    { address: 'db.example.org', port: 5433 },
  ],
};

/** Every name resolves to what stands here; `[]`: not at all. */
export type Names = Record<string, string[]>;

export function createChecked(written: readonly string[], names: Names = {}) {
  const asked: string[] = [];
  const destinations = createDestinations({
    grants: { active: async () => written.map(parseGrant) },
    outgoing: {
      async resolve(host) {
        asked.push(host);
        const found = names[host] ?? [];
        if (found.length === 0) throw new OutgoingError('unresolved', `${host} has no address.`);
        return found;
      },
    },
    own: () => own,
  });
  return { asked, destinations };
}

/** `<code> <rule>`, or the addresses to dial. */
export async function outcome(written: readonly string[], url: string, names: Names = {}): Promise<string> {
  const { destinations } = createChecked(written, names);
  try {
    const { addresses, port } = await destinations.check(organization, url);
    return `${addresses.join(' ')} port ${port}`;
  } catch (error) {
    if (error instanceof OutgoingError) return error.failure;
    if (error instanceof Problem) return `${error.code} ${ruleOf(error)}`;
    throw error;
  }
}

export const written = (rule: DestinationRule) => `INVALID_REQUEST ${rule}`;
export const forbidden = (rule: DestinationRule) => `DESTINATION_FORBIDDEN ${rule}`;

export const closed = 'DESTINATION_NOT_GRANTED not-granted';
export const closedLoopback = 'DESTINATION_NOT_GRANTED loopback-not-granted';

/** What the names of the tables resolve to. */
export const names: Names = {
  localhost: ['127.0.0.1', '::1'],
  'own.localhost': ['127.0.0.1'],
  'hooks.example.org': ['93.184.216.34'],
  'metadata.example.org': ['169.254.169.254'],
  'mixed.example.org': ['169.254.7.7', '93.184.216.34'],
  'mixed-last.example.org': ['93.184.216.34', '2606:2800::1', '::ffff:169.254.169.254'],
  'zone.example.org': ['fe80::1%eth0'],
  'odd.example.org': ['93.184.216.34', '0x7f.1'],
  'self.example.org': ['93.184.216.34', '93.184.216.9'],
  'db.example.org': ['10.0.0.77'],
  'half.example.org': ['10.0.0.1', '93.184.216.34'],
  'xn--a.example.org': ['192.0.2.1'],
  'a.example.org': ['93.184.216.35'],
  'a.b.example.org': ['93.184.216.35'],
  'example.org': ['93.184.216.35'],
  'badexample.org': ['93.184.216.35'],
  'lan.example.org': ['10.1.2.3'],
  'both.example.org': ['10.1.2.3', 'fd00::3', '10.1.2.3'],
  'outside.example.org': ['10.1.2.3', '10.2.2.3'],
  'to-loopback.example.org': ['127.0.0.1'],
  'public-and-loopback.example.org': ['93.184.216.34', '127.0.0.1'],
  'public-and-private.example.org': ['93.184.216.34', '10.1.2.3'],
  'translated.example.org': ['64:ff9b::5db8:d822', '93.184.216.34'],
  'mapped.example.org': ['::ffff:10.1.2.3'],
  'overlay.example.org': ['100.64.0.7'],
  receiver: ['10.1.2.3'],
  my_service: ['10.1.2.3'],
  'xn--mnchen-3ya.example': ['93.184.216.36'],
  'xn--pple-43d.com': ['93.184.216.37'],
  'apple.com': ['93.184.216.38'],
};
