/** Sentences, figures and times in the language of the reader. */

export { defineStrings, type Language, languages } from './define-strings.ts';
export { formatDate, type Moment, shortenId } from './format.ts';
export { useLanguage } from './language.tsx';
export { uiStrings } from './ui-strings.ts';
export { useFormat } from './use-format.ts';
export { type Translate, useStrings } from './use-strings.ts';
