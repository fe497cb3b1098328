import { describe, expect, test } from 'vitest';
import { greatCircle } from '../../../lib/country-of.ts';
import { deviceConsistency, userAgentFamily } from './device-consistency.ts';
import { geoFence, impossibleTravel } from './impossible-travel.ts';
import { timeRestriction } from './time-restriction.ts';

const HOUR = 3_600_000;
const zurich = { latitude: 47.3769, longitude: 8.5417 };
const geneva = { latitude: 46.2044, longitude: 6.1432 };
const tokyo = { latitude: 35.6762, longitude: 139.6503 };
/** Kilometres north of Zurich. */
const to = (distance: number) => ({ ...zurich, latitude: zurich.latitude + distance / 111.195 });
const noon = Date.UTC(2026, 10, 20, 12);

describe('impossibleTravel', () => {
  test('says why it was skipped', () => {
    expect(impossibleTravel({ at: noon }, { at: 0, place: zurich })).toEqual({
      skipped: 'No location was given and no site holds the caller’s address.',
      missing: true,
    });
    expect(impossibleTravel({ at: noon, place: zurich }, undefined)).toEqual({
      skipped: 'There is no earlier verified location of this person.',
    });
    expect(impossibleTravel({ at: noon - 1, place: tokyo }, { at: noon, place: zurich })).toEqual({
      skipped: 'The last verification lies in the future: the clock was moved back.',
    });
  });

  test.each([
    ['a person who stays', zurich, 0, 1],
    ['a train to Geneva in an hour', geneva, HOUR, 1],
    ['a jump to Geneva in a minute', geneva, 60_000, 0],
    // Two places by their city or network may be the same one: so far apart says nothing.
    ['40 km in a minute', to(40), 60_000, 1],
    ['60 km in a minute', to(60), 60_000, 0.5],
    ['70 km in a minute', to(70), 60_000, 0],
    ['a flight to Tokyo in 13 hours', tokyo, 13 * HOUR, 0.5],
    ['a flight to Tokyo in 8 hours', tokyo, 8 * HOUR, 0],
  ])('%s', (_, place, gap, score) => {
    const found = impossibleTravel({ at: noon + gap, place }, { at: noon, place: zurich });
    expect(found).toMatchObject({ score });
    expect('reason' in found).toBe(score === 0);
  });

  test('the distance is the great circle, the date line is no wall', () => {
    expect(greatCircle(zurich, tokyo)).toBeCloseTo(9577, -1);
    const across = [-179.9, 179.9].map((longitude) => ({ latitude: 0, longitude }));
    expect(greatCircle(across[0]!, across[1]!)).toBeCloseTo(22.2, 0);
  });

  test('asked from three places, no answer reveals where the person was', () => {
    const answers = [geneva, tokyo, { latitude: 0, longitude: 0 }].map((place) =>
      impossibleTravel({ at: noon + 60_000, place }, { at: noon, place: zurich }),
    );
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
  });
});

describe('geoFence', () => {
  test.each([
    [undefined, 'CH', { skipped: 'The profile names no countries.' }],
    [{ countries: [] }, 'CH', { skipped: 'The profile names no countries.' }],
    [
      { countries: ['CH'] },
      undefined,
      { skipped: 'No country is known: send a location, or add a site for the network.', missing: true },
    ],
    [{ countries: ['CH', 'DE'] }, 'de', { score: 1, details: { country: 'DE' } }],
    [
      { countries: ['CH'] },
      'FR',
      { score: 0, reason: 'Verification is not allowed from this country.', details: { country: 'FR' } },
    ],
  ])('%j from %s', (fence, country, expected) => {
    expect(geoFence(fence, country)).toEqual(expected);
  });
});

describe('timeRestriction', () => {
  const office = { days: [1, 2, 3, 4, 5], from: '08:00', to: '18:00', timeZone: 'Europe/Zurich' };
  const night = { days: [5], from: '22:00', to: '06:00', timeZone: 'Europe/Zurich' };
  const at = (text: string) => Date.parse(text);

  test('says why it was skipped', () => {
    const { timeZone: _, ...anywhere } = office;
    expect(timeRestriction(undefined, noon, 'Europe/Zurich')).toEqual({
      skipped: 'The profile names no hours.',
    });
    expect(timeRestriction(anywhere, noon, undefined)).toEqual({
      skipped: 'No time zone is known: name one in the profile, send one, or add a site for the network.',
      missing: true,
    });
    expect(timeRestriction(anywhere, noon, 'Mars/Olympus')).toEqual({
      skipped: 'The time zone that was sent is not an IANA name.',
      missing: true,
    });
  });

  test.each([
    ['Friday, opening', office, '2026-11-20T07:00:00Z', true],
    ['Friday, a minute early', office, '2026-11-20T06:59:00Z', false],
    ['Friday, closing', office, '2026-11-20T17:00:00Z', false],
    ['Saturday', office, '2026-11-21T12:00:00Z', false],
    ['summer time: 08:00 is 06:00 UTC', office, '2026-07-03T06:00:00Z', true],
    ['the morning after the change to winter time', office, '2026-10-26T06:30:00Z', false],
    ['Friday night', night, '2026-11-20T22:30:00Z', true],
    ['Saturday morning belongs to Friday', night, '2026-11-21T04:59:00Z', true],
    ['Saturday night does not', night, '2026-11-21T22:30:00Z', false],
    ['Friday morning belongs to Thursday', night, '2026-11-20T04:00:00Z', false],
    ['Sunday night into Monday', { ...night, days: [7] }, '2026-11-23T03:00:00Z', true],
    [
      'a day from nine to nine, before',
      { ...night, from: '09:00', to: '09:00' },
      '2026-11-20T07:59:00Z',
      false,
    ],
    [
      'a day from nine to nine, the next morning',
      { ...night, from: '09:00', to: '09:00' },
      '2026-11-21T07:59:00Z',
      true,
    ],
  ])('%s', (_, restriction, time, open) => {
    const found = timeRestriction(restriction, at(time), undefined);
    expect(found).toMatchObject(
      open ? { score: 1 } : { score: 0, reason: 'Verification is not allowed at this hour.' },
    );
  });

  test('the profile’s zone goes before the place’s, and the result has the wall clock', () => {
    expect(timeRestriction(office, noon, 'Asia/Tokyo')).toEqual({
      score: 1,
      details: { timeZone: 'Europe/Zurich', day: 5, time: '13:00' },
    });
  });
});

describe('deviceConsistency', () => {
  const phone = {
    userAgent:
      'Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1',
    cameraWidth: 720,
    cameraHeight: 1280,
    screenWidth: 390,
    screenHeight: 844,
  };
  const laptop = {
    userAgent:
      'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36',
    cameraWidth: 1280,
    cameraHeight: 720,
    screenWidth: 1920,
    screenHeight: 1080,
  };

  test('without device traits it is skipped, and the first device is 0.75', () => {
    expect(deviceConsistency(undefined, [laptop])).toEqual({
      skipped: 'No deviceInfo was given.',
      missing: true,
    });
    expect(deviceConsistency({ cameraWidth: 1280 }, [laptop])).toEqual({
      skipped: 'No deviceInfo was given.',
      missing: true,
    });
    expect(deviceConsistency(laptop, [])).toEqual({
      score: 0.75,
      details: { knownDevices: 0, note: 'The first device of this person.' },
    });
  });

  test('a known device is 1, also after an update and turned on its side', () => {
    const updated = {
      ...phone,
      userAgent: phone.userAgent.replaceAll('18', '19'),
      cameraWidth: 1280,
      cameraHeight: 720,
    };
    expect(deviceConsistency(updated, [laptop, phone])).toEqual({
      score: 1,
      details: { knownDevices: 2, similarity: 1 },
    });
  });

  test.each([
    ['another device altogether', phone, [laptop], 0.2],
    ['another screen', { ...laptop, screenWidth: 2560, screenHeight: 1600 }, [laptop], 0.8],
    ['another screen of the same shape', { ...laptop, screenWidth: 2560, screenHeight: 1440 }, [laptop], 0.9],
    ['a device with fewer traits', { userAgent: laptop.userAgent }, [laptop], 0.8],
    ['another platform and browser', { ...laptop, userAgent: phone.userAgent }, [laptop], 0.4],
  ])('%s', (_, device, known, score) => {
    const found = deviceConsistency(device, known);
    expect(found).toMatchObject({ score: expect.closeTo(score, 9) });
    expect('reason' in found).toBe(score < 0.75);
  });

  test.each([
    [phone.userAgent, { browser: 'safari', platform: 'ios' }],
    [laptop.userAgent, { browser: 'chrome', platform: 'windows' }],
    [`${laptop.userAgent} Edg/131.0.0.0`, { browser: 'edge', platform: 'windows' }],
    [
      'Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0',
      { browser: 'firefox', platform: 'linux' },
    ],
    [
      'Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 SamsungBrowser/26.0 Chrome/122.0 Mobile Safari/537.36',
      { browser: 'samsung', platform: 'android' },
    ],
    ['curl/8.5.0', { browser: 'other', platform: 'other' }],
  ])('%s', (userAgent, family) => {
    expect(userAgentFamily(userAgent)).toEqual(family);
  });
});
