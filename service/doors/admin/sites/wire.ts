import { z } from 'zod';
import { pageQuery, pageReply } from '../../../http/cursor.ts';
import { lineOfText } from '../../../http/text-fields.ts';
import { idOf } from '../ids.ts';

export const SiteQuery = z.strictObject(pageQuery(idOf('site')));

const cidr = z.string().describe('IPv4 or IPv6 network');
const country = z.string().describe('ISO 3166-1 alpha-2');
const latitude = z.number().describe('Degrees, WGS 84, -90 to 90');
const longitude = z.number().describe('Degrees, WGS 84, -180 to 180');
const timeZone = z.string().describe('IANA name of the time zone');

const site = {
  name: 'Bern',
  cidr: '10.20.0.0/16',
  country: 'CH',
  latitude: 46.95,
  longitude: 7.45,
  timeZone: 'Europe/Zurich',
};

/** The engine says what a network, a country and a time zone are. */
export const NewSite = z
  .strictObject({ name: lineOfText(80).describe('Its name'), cidr, country, latitude, longitude, timeZone })
  .meta({ id: 'NewSite', examples: [site] });

export const SiteReply = z
  .strictObject({
    id: z.string().describe('Id'),
    name: z.string().describe('Its name'),
    cidr,
    country,
    latitude,
    longitude,
    timeZone,
  })
  .meta({
    id: 'Site',
    description: 'A place of the organization, identified by its network.',
    examples: [{ id: 'site_01m7w2z9c0h2rb1yq7j5t8k3nd', ...site }],
  });

export const SitePage = pageReply(SiteReply, 'Sites, the newest first', 'SitePage');

export type SiteReply = z.output<typeof SiteReply>;
