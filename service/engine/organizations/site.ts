import { parseNetwork } from '../../lib/network.ts';
import { Problem, type ProblemDetail } from '../../lib/problem.ts';
import { isTimeZone } from '../../lib/time-zone.ts';
import type { NewSite, Site } from './organization.ts';

/** The site as it is stored: network and country in their canonical spelling. Throws INVALID_REQUEST, naming each field. */
export function checkSite(input: NewSite): NewSite {
  const details: ProblemDetail[] = [];
  const refuse = (path: keyof NewSite, message: string) => details.push({ path, message });

  const name = input.name.trim();
  if (name === '' || name.length > 80) refuse('name', 'Give the site a name of 1 to 80 characters.');
  const network = parseNetwork(input.cidr);
  if (!network) refuse('cidr', 'Write an IPv4 or IPv6 network such as 10.20.0.0/16 or 2001:db8::/32.');
  const country = input.country.trim().toUpperCase();
  if (!isCountry(country)) refuse('country', 'Write a country as its two letters in ISO 3166-1, such as CH.');
  if (!/^[A-Za-z]/.test(input.timeZone) || !isTimeZone(input.timeZone))
    refuse('timeZone', 'Write a time zone of the IANA list, such as Europe/Zurich.');
  if (!within(input.latitude, 90)) refuse('latitude', 'The latitude lies between -90 and 90 degrees.');
  if (!within(input.longitude, 180)) refuse('longitude', 'The longitude lies between -180 and 180 degrees.');

  if (network === undefined || details.length > 0) {
    throw new Problem('INVALID_REQUEST', details.map(({ message }) => message).join(' '), { details });
  }
  const { latitude, longitude, timeZone } = input;
  return { name, cidr: network.cidr, country, latitude, longitude, timeZone };
}

/** The site with the narrowest network that contains the address; the oldest of equally narrow ones. */
export function narrowestSite(sites: readonly Site[], address: string): Site | undefined {
  let narrowest: { site: Site; bits: number } | undefined;
  for (const site of sites) {
    const network = parseNetwork(site.cidr);
    if (!network?.holds(address)) continue;
    if (narrowest === undefined || network.bits > narrowest.bits) narrowest = { site, bits: network.bits };
  }
  return narrowest?.site;
}

/** Regions that CLDR names though ISO 3166-1 assigns them to no country. */
const notCountries = new Set('AC CP CQ DG EA EU EZ IC QO TA UN XA XB ZZ'.split(' '));

function isCountry(code: string): boolean {
  if (!/^[A-Z]{2}$/.test(code) || notCountries.has(code)) return false;
  // CLDR replaces withdrawn codes by their successors: "DD" by "DE".
  if (new Intl.Locale(`und-${code}`).region !== code) return false;
  return new Intl.DisplayNames('en', { type: 'region', fallback: 'none' }).of(code) !== undefined;
}

const within = (degrees: number, most: number) => Number.isFinite(degrees) && Math.abs(degrees) <= most;
