import type { Trial } from './trial.ts';

/** What the demo's profile sets: how often a stranger may pass. */
export interface Rates {
  /** As one given person. */
  falseMatchRate: number;
  /** As any enrolled person. */
  falseIdentificationRate: number;
}

/** The three ways to be wrong, for a reader who has seen none of the field's words; one line each. */
export const waysToBeWrong = [
  'False match: a person was taken for another one. This is the serious error, because it lets the wrong person in; profiles set how rare it is.',
  'False non-match: an enrolled person was not recognized. No wrong person got in; the person takes another picture or uses another way.',
  'Refused: the picture could not be judged, so nothing was compared. The answer says what to change.',
] as const;

/** What this wrong answer means: which error it is, how often to expect it, and what to do. */
export function meaningOf({ status, answer, expected, claimed }: Trial, rates: Rates): string {
  if (status !== 200) {
    return `Refused (${answer.code ?? status}): the picture could not be judged and nothing was compared. ${answer.reason ?? answer.error ?? ''}`.trim();
  }
  if (!answer.verified) {
    return 'False non-match: this person is enrolled and was not recognized. No wrong person got in. More pictures at enrollment, or a less strict profile, make it rarer.';
  }
  const expectation = claimed
    ? `this profile lets it happen ${oneIn(rates.falseMatchRate)} that one person claims to be another`
    : `this profile lets it happen ${oneIn(rates.falseIdentificationRate)} that a person who is not enrolled is searched for`;
  const truth = expected === undefined ? 'should not have been recognized' : `is ${expected}`;
  return `False match: the person in the picture ${truth} and was taken for ${answer.email}. The wrong person would get in; ${expectation}. People who look alike, as here, are most of these cases; a stricter profile makes them rarer.`;
}

export function oneIn(rate: number): string {
  return `1 time in ${Math.round(1 / rate).toLocaleString('en')}`;
}
