import { z } from 'zod';
import { time } from '../../lib/record-fields.ts';
import { lineOfText } from '../../lib/text-fields.ts';
import {
  builtInText,
  type ConsentText,
  comparisonText,
  type KeptTerms,
  named,
  readIn,
  settingsVersion,
  type TextLanguage,
  termsText,
  textLanguages,
  type Uniqueness,
} from './consent-text.ts';

const line = lineOfText(300);
const inLanguages = <Value extends z.ZodType>(value: Value) =>
  z.strictObject({
    en: value.optional().describe('In English'),
    de: value.optional().describe('In German'),
  });

const facts = {
  controller: line.optional().describe('Who is responsible: name and postal address'),
  contact: line.optional().describe('Contact for data protection'),
  retention: inLanguages(line).optional().describe('How long templates and results are kept'),
  complaint: line.optional().describe('Authority to which people can complain'),
  apart: z.boolean().default(false).describe('Each purpose is a choice of its own'),
};

const words = inLanguages(z.string().trim().min(1).max(8000)).refine(
  ({ en, de }) => en !== undefined || de !== undefined,
  'Write the text in one language at least.',
);
type Words = z.output<typeof words>;

/** What an organization says of its own; what is absent is said by the product, or not at all. */
export const OwnConsentText = z
  .strictObject({
    text: words
      .optional()
      .describe(
        'At an enrollment, in the place of the built-in text; an empty line begins a paragraph, {organization} is the name',
      ),
    live: words
      .optional()
      .describe(
        'In live sessions, in the place of the opening and the closing sentence; what the session does is always added',
      ),
    ...facts,
  })
  .meta({
    id: 'OwnConsentText',
    description: 'The consent text of the organization.',
    examples: [
      {
        controller: 'Museum of Bern, Helvetiaplatz 5, Bern',
        contact: 'privacy@museum.example',
        apart: false,
      },
    ],
  });
export type OwnConsentText = z.output<typeof OwnConsentText>;

/** What is known of the published text without its paragraphs. */
export const PublishedText = z.object({
  version: z.int().describe('Number of the version'),
  ...facts,
  sha256: z.string().describe('SHA-256 of the whole text, hex'),
  earlier: z.array(z.string()).optional().describe('SHA-256 of the versions before it, the first one first'),
  publishedAt: time('When'),
});
export type PublishedText = z.output<typeof PublishedText>;

export type VersionedText = OwnConsentText & { version: number };

/** The organization of a text, with the settings that it names. */
export interface TextOwner {
  name: string;
  uniquenessPolicy: Uniqueness;
  terms: KeptTerms;
  /** As published. */
  own?: VersionedText;
}

/** The text that people are shown at an enrollment. */
export function consentTextOf({ name, uniquenessPolicy, terms, own }: TextOwner): ConsentText {
  const builtIn = builtInText(name, uniquenessPolicy, terms);
  if (!own) return builtIn;
  const written = own.text && ownWords(own.text, name);
  const languages = written?.languages ?? builtIn.languages;
  const of = (language: TextLanguage) => {
    const read = readIn(languages, language);
    const body = written
      ? [...written.in(read), comparisonText(uniquenessPolicy, read), termsText(terms, read)]
      : builtIn.text[language];
    return [...body, ...factsOf(own, read)];
  };
  return {
    version: written
      ? `own-${own.version}-${settingsVersion(uniquenessPolicy, terms)}`
      : `${builtIn.version}+own-${own.version}`,
    text: { en: of('en'), de: of('de') },
    languages,
    purposes: builtIn.purposes,
    apart: own.apart,
  };
}

/** Paragraphs of the organization: in which languages, and what they say in each of them. */
export function ownWords(written: Words, organization: string) {
  const languages = textLanguages.filter((language) => written[language] !== undefined);
  return {
    languages,
    in: (language: TextLanguage) => paragraphsOf(named(written[language] ?? '', organization)),
  };
}

const paragraphsOf = (text: string): string[] =>
  text
    .split(/\n\s*\n/)
    .map((one) => one.trim())
    .filter((one) => one !== '');

const labels = {
  en: {
    controller: 'Responsible: {value}',
    contact: 'Contact for data protection: {value}',
    retention: 'How long it is kept: {value}',
    complaint: 'You can complain to: {value}',
  },
  de: {
    controller: 'Verantwortlich: {value}',
    contact: 'Kontakt für den Datenschutz: {value}',
    retention: 'Dauer der Aufbewahrung: {value}',
    complaint: 'Sie können sich beschweren bei: {value}',
  },
} as const;

/** Who is responsible, how long, and where to complain, as sentences of a text. */
export function factsOf(
  { controller, contact, retention, complaint }: Omit<OwnConsentText, 'text' | 'live'>,
  language: TextLanguage,
): string[] {
  const values = {
    controller,
    contact,
    retention: retention?.[language] ?? retention?.en ?? retention?.de,
    complaint,
  };
  return (Object.keys(labels.en) as (keyof typeof values)[]).flatMap((name) => {
    const value = values[name];
    return value === undefined ? [] : [labels[language][name].replace('{value}', () => value)];
  });
}
