import { z } from 'zod';
import { greatCircle, type Position } from '../../../lib/country-of.ts';
import { defined } from '../../../lib/defined.ts';
import { type Check, type Finding, NOT_RECOGNIZED, type PersonalInputs, rule } from './check.ts';
import { personMessages } from './person-messages.ts';
import { skipReasons } from './skip-reasons.ts';

/** Kilometres per hour: an airliner (contracts/identity.txt). */
const LIMIT = 900;
/** Kilometres: what a location by city, network or cell may be off, taken together for both ends. */
const SLACK = 50;
/** Milliseconds: shorter gaps count as this, so that a speed stays a number. */
const SHORTEST = 1000;

interface Sighting {
  at: number;
  place: Position;
}

/**
 * How fast the person travelled since the last verified place: 1 up to half the limit, 0.5 up to it, 0 beyond. Neither the
 * score nor the details reveal more: a distance and a time, asked from three places, would locate the person.
 */
export function impossibleTravel(now: { at: number; place?: Position }, last: Sighting | undefined): Finding {
  if (now.place === undefined)
    return {
      skipped: skipReasons.NO_LOCATION,
      missing: true,
    };
  if (last === undefined) return { skipped: skipReasons.FIRST_LOCATION };
  if (now.at < last.at) return { skipped: skipReasons.CLOCK_MOVED_BACK };
  const distance = greatCircle(last.place, now.place);
  const hours = Math.max(SHORTEST, now.at - last.at) / 3_600_000;
  const speed = Math.max(0, distance - SLACK) / hours;
  const details = { limitKmh: LIMIT, slackKm: SLACK };
  if (speed > LIMIT)
    return {
      score: 0,
      reason: personMessages.TOO_FAR_TRAVELED,
      details,
    };
  return { score: speed > LIMIT / 2 ? 0.5 : 1, details };
}

export const impossibleTravelCheck = {
  name: 'impossibleTravel',
  defaultRule: rule(0.3, 0.5),
  maturity: 'proven',
  sentence: personMessages.TOO_FAR_SINCE,
  withoutInput: 'fail-if-hard',
  storedReason: 'Too far from the last verified location.',
  run: ({ earlier, now, place }: PersonalInputs) => {
    if (!earlier) return NOT_RECOGNIZED;
    const last = earlier.find((one) => one.place !== undefined);
    return impossibleTravel(
      { at: now, ...defined({ place }) },
      last?.place ? { at: last.at, place: last.place } : undefined,
    );
  },
} as const satisfies Check;

const GeoFence = z.strictObject({
  countries: z
    .array(z.string().regex(/^[A-Z]{2}$/))
    .max(250)
    .describe('ISO 3166-1 alpha-2 codes that the check geoFence allows; empty: the check is skipped.'),
});
type GeoFence = z.infer<typeof GeoFence>;

/** 1 when the country is on the profile's list, else 0. */
export function geoFence(fence: GeoFence | undefined, country: string | undefined): Finding {
  if (fence === undefined || fence.countries.length === 0) return { skipped: skipReasons.NO_COUNTRIES };
  if (country === undefined)
    return {
      skipped: skipReasons.NO_COUNTRY,
      missing: true,
    };
  const here = country.toUpperCase();
  const details = { country: here };
  if (fence.countries.includes(here)) return { score: 1, details };
  return { score: 0, reason: personMessages.WRONG_COUNTRY, details };
}

export const geoFenceCheck = {
  name: 'geoFence',
  defaultRule: rule(0.1, 0.5, true),
  maturity: 'proven',
  sentence: personMessages.WRONG_COUNTRY,
  withoutInput: 'fail-if-hard',
  storedReason: 'Not allowed from there.',
  settings: { geoFence: GeoFence.optional().describe('Settings of the check geoFence.') },
  run: ({ place }: PersonalInputs, settings: { geoFence?: GeoFence | undefined }) =>
    geoFence(settings.geoFence, place?.country),
} as const satisfies Check;
