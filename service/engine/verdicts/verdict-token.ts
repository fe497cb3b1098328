import { hash } from 'node:crypto';

export type VerdictKind = 'verified' | 'challenge';

const prefixes = { verified: 'h_verified_', challenge: 'h_challenge_' } as const satisfies Record<
  VerdictKind,
  string
>;

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
/** Characters: 131 bits. */
const LENGTH = 22;

/** Letters and digits alone, as in the text: some clients check the form. */
export function newVerdictToken(kind: VerdictKind, random: (into: Uint8Array) => void): string {
  const bytes = new Uint8Array(2 * LENGTH);
  let text = '';
  while (text.length < LENGTH) {
    random(bytes);
    for (const byte of bytes) {
      // The rest of 256 / 62 would favor the first letters.
      if (byte < 4 * ALPHABET.length && text.length < LENGTH) text += ALPHABET[byte % ALPHABET.length];
    }
  }
  return prefixes[kind] + text;
}

/** Whether the text has the form of a token of behavior. */
export const isVerdictToken = (text: string): boolean =>
  /^h_(verified|challenge)_[A-Za-z0-9]{22}$/.test(text);

/** As it is stored: SHA-256, hex. */
export const hashVerdictToken = (token: string): string => hash('sha256', token, 'hex');
