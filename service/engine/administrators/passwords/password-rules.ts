import { Problem } from '../../../lib/problem.ts';
import { commonPasswords } from './common-passwords.ts';

const LEAST_CHARACTERS = 12;
export const MOST_CHARACTERS = 256;

/** Names that a guess begins with: the e-mail address, the person, the organization. */
export type Context = readonly string[];

/**
 * NIST SP 800-63B, 3.1.1.2: a length, no rules of composition, no common, repetitive or sequential password and none that is a name of
 * its context with digits around it. Throws PASSWORD_TOO_WEAK.
 */
export function requireStrong(password: string, context: Context): void {
  const text = password.normalize('NFKC');
  const length = [...text].length;
  if (length < LEAST_CHARACTERS)
    throw weak(
      `A password has at least ${LEAST_CHARACTERS} characters: several words in a row make a good one.`,
    );
  if (length > MOST_CHARACTERS) throw weak(`A password has at most ${MOST_CHARACTERS} characters.`);
  const lower = text.toLowerCase();
  if (commonPasswords.has(lower))
    throw weak('This password is among those that are tried first: choose another one.');
  if (new Set(lower).size < 5 || isSequence(lower))
    throw weak('This password repeats a few characters or counts up: choose another one.');
  const letters = bare(lower);
  const rest = namesOf(context).reduce((left, name) => left.replaceAll(name, ''), letters);
  if (rest !== letters && rest.length < 4)
    throw weak('This password is made of names that belong to the account: choose another one.');
}

const weak = (message: string) =>
  new Problem('PASSWORD_TOO_WEAK', message, { details: [{ path: 'password', message }] });

/** Without what is put around a name to make it long: digits and signs. */
const bare = (text: string) => text.toLowerCase().replace(/[^\p{L}]/gu, '');

/** Each name whole, and its parts. */
function namesOf(context: Context): string[] {
  const parts = context.flatMap((name) => [name, ...name.split(/[@.\s_-]+/)]);
  // The longest first: what is left of it is not cut into the shorter ones.
  return [...new Set(parts.map(bare))]
    .filter((name) => name.length >= 3)
    .toSorted((a, b) => b.length - a.length);
}

/** Every character the next, or the one before, of its neighbour. */
function isSequence(text: string): boolean {
  const codes = [...text].map((character) => character.codePointAt(0)!);
  return [1, -1].some((step) => codes.every((code, i) => i === 0 || code - codes[i - 1]! === step));
}
