import type { Language } from './define-strings.ts';

/** The language of the reader, or the first in which the text is written. */
export const readIn = (written: readonly Language[], language: Language): Language =>
  written.includes(language) ? language : (written[0] ?? language);
