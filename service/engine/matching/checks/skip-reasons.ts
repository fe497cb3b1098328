/** Why a check did not run: the sentence that callers get and that is stored, by its code. */
export const skipReasons = {
  NOT_RECOGNIZED: 'The person was not recognized.',
  NO_DEVICE: 'No deviceInfo was given.',
  NO_COUNTRIES: 'The profile names no countries.',
  NO_COUNTRY: 'No country is known: send a location, or add a site for the network.',
  NO_LOCATION: 'No location was given and no site holds the caller’s address.',
  FIRST_LOCATION: 'There is no earlier verified location of this person.',
  CLOCK_MOVED_BACK: 'The last verification lies in the future: the clock was moved back.',
  NO_ATTACK_DETECTION:
    'No presentation attack detection ran: the test world, match only, or none is installed.',
  SEEN_BY_OPERATOR:
    'It was not sure. The operator of the kiosk looked at the person and vouched with the PIN.',
  NO_HOURS: 'The profile names no hours.',
  NO_TIME_ZONE: 'No time zone is known: name one in the profile, send one, or add a site for the network.',
  WRONG_TIME_ZONE: 'The time zone that was sent is not an IANA name.',
  ONE_PICTURE: 'Two pictures or more are needed: send frames.',
  UNKNOWN: 'Not enough was known.',
} as const;

export const skipCodes = [
  ...(Object.keys(skipReasons) as (keyof typeof skipReasons)[]),
  'FEW_EARLIER_PICTURES',
] as const;
export type SkipCode = (typeof skipCodes)[number];

/** The code of a stored result: rows keep the sentence alone, and that of the history names a number. */
export function skipCodeOf({
  check,
  skipped,
}: {
  check: string;
  skipped?: string | undefined;
}): SkipCode | undefined {
  if (skipped === undefined) return undefined;
  const known = Object.entries(skipReasons).find(([, sentence]) => sentence === skipped);
  if (known) return known[0] as SkipCode;
  return check === 'embeddingHistory' ? 'FEW_EARLIER_PICTURES' : 'UNKNOWN';
}
