/** Every text of `HumaChallenge` but the instruction, which comes from the appliance. Give `strings` in the language of your page. */
export interface ChallengeStrings {
  /** Of the whole, for a screen reader. */
  title: string;
  row: (row: number, column: number) => string;
  /** Three rows of three, from the top left: the words of the hint. */
  places: readonly string[];
  picture: (place: string) => string;
  path: string;
  chosen: (place: string, position: number) => string;
  undone: (place: string) => string;
  undo: string;
  check: string;
  checking: string;
  wrong: (attempts: number) => string;
  blocked: string;
  /** The service does not know the challenge, or refuses the call: no answer was wrong. */
  refused: string;
  expiresSoon: string;
  expired: string;
  again: string;
  accessible: string;
  replaced: string;
  unavailable: string;
  passed: string;
}

export const english: ChallengeStrings = {
  title: 'Check that you are a person',
  row: (row, column) => `row ${row}, column ${column}`,
  places: [
    ...['top left', 'top center', 'top right', 'middle left', 'center', 'middle right'],
    ...['bottom left', 'bottom center', 'bottom right'],
  ],
  picture: (place) => `Picture, ${place}`,
  path: 'The path to draw, as a picture',
  chosen: (place, position) => `${place}, number ${position}`,
  undone: (place) => `${place} removed`,
  undo: 'Undo',
  check: 'Check',
  checking: 'Checking…',
  wrong: (attempts) => `That was not right. ${attempts === 1 ? 'One attempt' : `${attempts} attempts`} left.`,
  blocked: 'That was not right, and no attempt is left.',
  refused: 'This check cannot be used. Please start again.',
  expiresSoon: 'One minute left.',
  expired: 'The time for this check is over.',
  again: 'New check',
  accessible: 'Use the check for keyboard and screen reader',
  replaced: 'Another check is shown.',
  unavailable: 'The answer could not be sent. Please try again.',
  passed: 'Done.',
};
