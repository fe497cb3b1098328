import { hash, verify } from '@node-rs/argon2';
import { type Clock, systemClock } from '../../../../lib/clock.ts';
import type { Share } from '../../../../lib/fair/fair-queue.ts';
import { createFairSlots } from '../../../../lib/fair/fair-slots.ts';
import { foldCase } from '../../../../lib/fold-case.ts';
import { Problem } from '../../../../lib/problem.ts';

const LEAST_CHARACTERS = 12;
export const MOST_CHARACTERS = 256;

/** Names that a guess begins with: the e-mail address, the person, the organization. */
type Context = readonly string[];

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
  const lower = foldCase(text);
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
const bare = (text: string) => foldCase(text.normalize('NFKC')).replace(/[^\p{L}]/gu, '');

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

/**
 * Of the lists of passwords that were found in breaches: the most frequent of twelve characters and more, in lower case. Shorter ones
 * are refused by their length.
 */
const commonPasswords: ReadonlySet<string> = new Set(
  `123456789012 1234567890123 12345678901234 123456789012345 1234567890123456 1q2w3e4r5t6y 1q2w3e4r5t6y7u 1qaz2wsx3edc 1qaz2wsx3edc4rfv
  1qazxsw23edc qwertyuiop12 qwertyuiop123 qwertyuiop[] qwerty123456 qwerty1234567 qwerty12345678 qwertyqwerty qwertyasdfgh qwertyuiopas
  qwertyuiopasdfghjkl asdfghjkl123 asdfghjklzxc zxcvbnmasdfg zxcvbnm12345 qazwsxedcrfv qazwsxedc123 password1234 password12345
  password123456 password1234! password123! password2024 password2025 password2026 passwordpassword password@123 p@ssw0rd1234 p@ssword1234
  passw0rd1234 passw0rd123! administrator administrator1 administrator123 admin1234567 admin12345678 admin123456! adminadmin12 adminadminadmin
  changeme1234 changeme123! changemenow! letmein12345 letmein123456 welcome12345 welcome123456 welcome1234! iloveyou1234 iloveyou12345
  iloveyouforever football1234 baseball1234 superman1234 dragon123456 monkey123456 princess1234 sunshine1234 michael12345 trustno11234
  abcdefghijkl abcd12345678 abc123456789 aa1234567890 a12345678901 a1b2c3d4e5f6 abcabcabcabc testtesttest test12345678 secret123456
  supersecret1 verysecret12 mysecretpassword correcthorsebatterystaple thequickbrownfox maythe4thbewithyou
  00000000000000 987654321098 147258369147 741852963741 123123123123 112233445566 121212121212 1111111111111 rootrootroot gatehouse123
  gatehouse1234 gatehousegatehouse gatehouse-admin defaultpassword temporary123 temporarypassword sommer202526 passwort1234 passwort12345`
    .split(/\s+/)
    .concat('correct horse battery staple'),
);

/** argon2id as OWASP advises: 19 MiB, two passes, one lane. */
const COST = { memoryKiB: 19 * 1024, passes: 2 };

export interface HashingOptions {
  /** For tests: less than the product asks of an attacker. */
  cost?: typeof COST;
  /** Computed at the same time; each takes a thread of the pool that file access needs too. */
  atOnce?: number;
  /** Waiting at most; the newest of the address, account or organization with the most is refused. */
  waiting?: number;
  clock?: Clock;
  /** For tests: in the place of argon2's. */
  compare?: typeof verify;
}

/** Passwords as argon2id, off the event loop, with a pepper that the database does not hold. */
export type PasswordHashes = ReturnType<typeof createPasswordHashes>;

const unnamed: Share = { world: 'live', organization: '', key: '' };

/** Typed alike on every keyboard; NIST SP 800-63B, 3.1.1.2. */
const normalize = (password: string): string => password.normalize('NFKC');

export function createPasswordHashes(
  pepper: Uint8Array,
  { cost = COST, atOnce = 2, waiting = 64, clock = systemClock, compare = verify }: HashingOptions = {},
) {
  const options = {
    memoryCost: cost.memoryKiB,
    timeCost: cost.passes,
    parallelism: 1,
    outputLen: 32,
    secret: pepper,
  };
  const places = createFairSlots({
    atOnce,
    waiting,
    clock,
    busy: 'Too many sign-ins at once: try again in a moment.',
  });
  let dummy: Promise<string> | undefined;

  function dummyHash(): Promise<string> {
    dummy ??= hash('the password of no account', options).catch((error: unknown) => {
      dummy = undefined;
      throw error;
    });
    return dummy;
  }

  return {
    /** In PHC form. */
    hash: (password: string): Promise<string> => places(unnamed, () => hash(normalize(password), options)),
    /** Costs the same without a stored hash, and is false then. `share`: whose turn it takes. Throws OVERLOADED. */
    verify: (stored: string | undefined, password: string, share?: Partial<Share>): Promise<boolean> =>
      places({ ...unnamed, ...share }, async () => {
        const against = await dummyHash();
        const right = await compare(stored ?? against, normalize(password), { secret: pepper });
        return right && stored !== undefined;
      }),
  };
}
