import { z } from 'zod';
import { NOT_AN_EMAIL } from './validation.ts';

/** Control characters, line separators and overrides of the reading direction: they forge lines in a log or a terminal. */
const FORGING = /[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/u;

/** What a decoder writes for bytes that are not of its encoding: the letters are gone. */
const LOST = '\ufffd';
const LOST_LETTERS = 'It holds U+FFFD in place of letters that were lost: send it as UTF-8.';

/** One line of text that a person reads, without blanks around it, as NFC. */
export const lineOfText = (most: number) =>
  z
    .string()
    .trim()
    .normalize('NFC')
    .min(1)
    .max(most)
    .refine((text) => !FORGING.test(text), 'It must be one line without control characters.')
    .refine((text) => !text.includes(LOST), LOST_LETTERS);

/** An e-mail address as every door takes it: international ones too; compared in its normalized form (email-address.ts). Surrounding white space is removed. */
export const emailAddress = z
  .string()
  .trim()
  .max(254, NOT_AN_EMAIL)
  .regex(/^[^\s@]{1,64}@[^\s@]{1,253}$/u, NOT_AN_EMAIL)
  .refine((text) => !FORGING.test(text), NOT_AN_EMAIL)
  .refine((text) => !text.includes(LOST), LOST_LETTERS);
