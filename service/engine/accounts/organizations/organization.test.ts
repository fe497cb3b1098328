import { describe, expect, test } from 'vitest';
import type { OrganizationId, SiteId } from '../../../lib/id.ts';
import { checkSite, narrowestSite, type Site } from './organization.ts';

const zurich = {
  name: 'Zürich',
  cidr: '10.20.0.0/16',
  country: 'CH',
  latitude: 47.37,
  longitude: 8.54,
  timeZone: 'Europe/Zurich',
};

describe('a new site', () => {
  test('is stored in its canonical spelling', () => {
    expect(checkSite({ ...zurich, name: ' Zürich ', cidr: '10.20.1.1/16', country: 'ch' })).toEqual(zurich);
  });

  test.each([
    { country: 'XK' },
    { country: 'GB' },
    { country: 'AQ' },
    { timeZone: 'UTC' },
    { timeZone: 'Asia/Kolkata' },
    { timeZone: 'Etc/GMT+5' },
    { latitude: -90, longitude: 180 },
    { latitude: 90, longitude: -180 },
  ])('%j is taken', (change) => {
    expect(checkSite({ ...zurich, ...change })).toEqual({ ...zurich, ...change });
  });

  test.each([
    ['name', '  '],
    ['name', 'x'.repeat(81)],
    ['cidr', '10.20.0.0'],
    ['cidr', '300.0.0.0/8'],
    ['country', 'Switzerland'],
    ['country', 'UK'],
    ['country', 'EU'],
    ['country', 'ZZ'],
    ['country', 'DD'],
    ['country', 'XX'],
    ['country', ''],
    ['timeZone', 'Mars/Olympus'],
    ['timeZone', '+02:00'],
    ['timeZone', ''],
    ['latitude', 90.01],
    ['latitude', Number.NaN],
    ['longitude', -181],
    ['longitude', Number.POSITIVE_INFINITY],
  ])('%s %j is refused by name', (path, value) => {
    expect(() => checkSite({ ...zurich, [path]: value })).toThrow(
      expect.objectContaining({
        code: 'INVALID_REQUEST',
        extra: { details: [{ path, message: expect.stringMatching(/\.$/) }] },
      }),
    );
  });

  test('every wrong field is named at once', () => {
    expect(() => checkSite({ ...zurich, cidr: 'x', country: 'x', latitude: 91 })).toThrow(
      expect.objectContaining({
        extra: {
          details: ['cidr', 'country', 'latitude'].map((path) => expect.objectContaining({ path })),
        },
      }),
    );
  });

  test('249 countries and Kosovo', () => {
    const letters = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ'];
    const taken = letters
      .flatMap((a) => letters.map((b) => a + b))
      .filter((country) => {
        try {
          return checkSite({ ...zurich, country }).country === country;
        } catch {
          return false;
        }
      });
    expect(taken).toHaveLength(250);
  });
});

describe('the site of an address', () => {
  const site = (name: string, cidr: string): Site => ({
    ...zurich,
    id: name as SiteId,
    organization: 'org_1' as OrganizationId,
    name,
    cidr,
  });
  const sites = [
    site('world', '0.0.0.0/0'),
    site('campus', '10.20.0.0/16'),
    site('building', '10.20.30.0/24'),
    site('same building', '10.20.30.0/24'),
    site('v6', '2001:db8::/32'),
  ];
  test.each([
    ['10.20.30.1', 'building'],
    ['::ffff:10.20.30.1', 'building'],
    ['10.20.31.1', 'campus'],
    ['8.8.8.8', 'world'],
    ['2001:db8::1', 'v6'],
    ['2001:db9::1', undefined],
    ['', undefined],
  ])('%s: %s', (address, name) => {
    expect(narrowestSite(sites, address)?.name).toBe(name);
  });
});
