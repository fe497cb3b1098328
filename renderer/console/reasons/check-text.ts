import type { Schemas } from '../api/admin.ts';
import { reasonKey, type reasonStrings } from './reason-strings.ts';

type Key = keyof (typeof reasonStrings)['en'];

/** Sentences of the service on why a check did not run, and ours. */
export const skippedSentences: Readonly<Record<string, Key>> = {
  'The person was not recognized.': 'skipped.notRecognized',
  'No deviceInfo was given.': 'skipped.noDevice',
  'The profile names no countries.': 'skipped.noCountries',
  'No country is known: send a location, or add a site for the network.': 'skipped.noCountry',
  'No location was given and no site holds the caller’s address.': 'skipped.noLocation',
  'There is no earlier verified location of this person.': 'skipped.firstLocation',
  'The last verification lies in the future: the clock was moved back.': 'skipped.future',
  'No presentation attack detection ran: the test world, match only, or none is installed.':
    'skipped.noLiveness',
  'The profile names no hours.': 'skipped.noHours',
  'No time zone is known: name one in the profile, send one, or add a site for the network.':
    'skipped.noZone',
  'The time zone that was sent is not an IANA name.': 'skipped.wrongZone',
  'Two pictures or more are needed: send frames.': 'skipped.onePicture',
  'Not enough was known.': 'skipped.unknown',
};

/** The string of what a check found. Undefined: the service's sentence names figures, and is shown as it is. */
export function checkKey({
  check,
  pass,
  skipped,
}: Pick<Schemas['PastCheck'], 'check' | 'pass' | 'skipped'>): Key | undefined {
  if (skipped !== undefined) return skippedSentences[skipped];
  return pass ? 'passed' : reasonKey('CHECK_FAILED', check);
}
