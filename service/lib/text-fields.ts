import { z } from 'zod';

/** Control characters, line separators and overrides of the reading direction: they forge lines in a log or a terminal. */
const FORGING = /[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/u;

/** What a decoder writes for bytes that are not of its encoding: the letters are gone. */
const LOST = '\ufffd';
const LOST_LETTERS = 'It holds U+FFFD in place of letters that were lost: send it as UTF-8.';

/** Shown as nothing: two addresses that differ in it look the same. Joiners are letters of some languages. */
const INVISIBLE = /(?!\p{Join_Control})\p{Default_Ignorable_Code_Point}/u;
const VISIBLE = /[^\p{Default_Ignorable_Code_Point}\p{Z}\p{C}]/u;

/**
 * As many characters become one by NFC at most. A longer text is too long whatever it holds, and is not normalized: the time for a letter
 * with many accents grows with the square of their number (237 s for 1 MB).
 */
const SHRINKS = 4;

/** One line of text that a person reads, without blanks around it, as NFC. */
export const lineOfText = (most: number) =>
  z
    .string()
    .trim()
    .overwrite((text) => (text.length > SHRINKS * most ? text : text.normalize('NFC')))
    .min(1)
    .max(most)
    .refine((text) => !FORGING.test(text), 'It must be one line without control characters.')
    .refine(
      (text) => text === '' || FORGING.test(text) || VISIBLE.test(text),
      'It must hold a visible character.',
    )
    .refine((text) => !text.includes(LOST), LOST_LETTERS);

/** The message for a wrong e-mail address. */
export const NOT_AN_EMAIL = 'It must be an e-mail address.';

/** An e-mail address as every door takes it: international ones too; compared in its normalized form (email-address.ts). Surrounding white space is removed. */
export const emailAddress = z
  .string()
  .trim()
  .max(254, NOT_AN_EMAIL)
  .regex(/^[^\s@]{1,64}@[^\s@]{1,253}$/u, NOT_AN_EMAIL)
  .refine((text) => !FORGING.test(text), NOT_AN_EMAIL)
  .refine((text) => FORGING.test(text) || !INVISIBLE.test(text), {
    error: ({ input }) => invisible(String(input)),
  })
  .refine((text) => !/[.。]$/.test(text), 'It must not end in a dot.')
  .refine((text) => !text.includes(LOST), LOST_LETTERS);

function invisible(text: string): string {
  const [character = ''] = INVISIBLE.exec(text) ?? [];
  const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
  return `It holds an invisible character (U+${code}): type it again.`;
}
