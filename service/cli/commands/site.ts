import { UsageError } from '../failure.ts';
import { needed, value } from '../flag.ts';
import { call, list, noun } from '../operation-command.ts';

export const site = noun('places of an organization, identified by their network, for the location checks', {
  add: call('POST /api/admin/sites', {
    on: 'org',
    about: 'assign a place to the requests of one network',
    fields: {
      name: needed(value('<name>', 'its name')),
      cidr: needed(value('<network>', 'IPv4 or IPv6 network, such as 10.20.0.0/16')),
      country: needed(
        value('<code>', 'two letters, ISO 3166-1, such as CH', (_, text) => text.toUpperCase()),
      ),
      latitude: needed(value('<degrees>', 'WGS 84, -90 to 90', readDegrees)),
      longitude: needed(value('<degrees>', 'WGS 84, -180 to 180', readDegrees)),
      timeZone: needed(value('<zone>', 'IANA name, such as Europe/Zurich')),
    },
    text: {
      id: 'id',
      name: 'name',
      network: 'cidr',
      place: ({ country, latitude, longitude }) => `${country} ${latitude}, ${longitude}`,
      'time zone': 'timeZone',
    },
    examples: [
      'site add --name Bern --cidr 10.20.0.0/16 --country CH --latitude 46.95 --longitude 7.45 --time-zone Europe/Zurich',
      'site add --name Sydney --cidr 10.30.0.0/16 --country AU --latitude=-33.87 --longitude 151.21 --time-zone Australia/Sydney',
    ],
  }),
  list: list('GET /api/admin/sites', {
    on: 'org',
    about: 'the sites of an organization',
    limit: 1000,
    rows: {
      id: 'id',
      name: 'name',
      network: 'cidr',
      country: 'country',
      latitude: 'latitude',
      longitude: 'longitude',
      'time zone': 'timeZone',
    },
    empty: 'No site yet. Add one: site add --help',
    examples: ['site list'],
  }),
  remove: call('DELETE /api/admin/sites/{id}', {
    on: 'org',
    args: { id: value('<site-id>', 'as `site list` shows it') },
    about: 'remove a site',
    json: (_, { id }) => ({ removed: id }),
    text: (_, { id }) => `The site ${id} is removed.`,
    examples: ['site remove site_01…'],
  }),
});

function readDegrees(flag: string, text: string): number {
  const degrees = Number(text);
  if (text.trim() === '' || !Number.isFinite(degrees))
    throw new UsageError(`${flag}: "${text}" is not a number of degrees.`);
  return degrees;
}
