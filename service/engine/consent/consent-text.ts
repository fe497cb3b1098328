import { z } from 'zod';
import { Problem } from '../../lib/problem.ts';
import { time } from '../../lib/record-fields.ts';
import { lineOfText } from '../../lib/text-fields.ts';
import type { Purpose } from './consent.ts';

/** What the organization does with a face that is like that of another person. */
export type Uniqueness = 'off' | 'warn' | 'block';
export const textLanguages = ['en', 'de'] as const;
export type TextLanguage = (typeof textLanguages)[number];

/** What people are asked to agree to at a kiosk or before an administrator. */
export interface ConsentText {
  /** Of these very texts; a record adds the language that was read: `VERSION.de`. */
  version: string;
  text: Record<TextLanguage, string[]>;
  /** In which it is written; a page in another one shows the first of them. */
  languages: TextLanguage[];
  /** What the text asks for; where `apart`, each is a choice of its own. */
  purposes: Purpose[];
  apart: boolean;
}

/** How long things are kept, in days, as the text says. */
export interface KeptTerms {
  unusedDays: number;
  consentDays?: number;
  verificationDays: number;
}

/** Version of the texts below; a changed one needs a new version. */
const VERSION = 'gatehouse-kiosk-4';

const texts = {
  en: {
    wants:
      '{organization} wants to recognize you by your face, so that you can confirm who you are without a card or a password.',
    pictures:
      'A few pictures are taken now. Gatehouse, a box in the network of {organization}, turns them into numbers (templates) and deletes the pictures{except}. The templates, your name and your e-mail address are kept there, encrypted, and are not passed on.',
    except: ', with the one exception below',
    off: 'When you or another person confirms who they are here, the new picture is compared with the templates.',
    warn: 'When you or another person confirms who they are here, the new picture is compared with the templates; so is the face of each new person, so that a second enrollment of one person is noticed.',
    block:
      'The templates are compared with your face when you confirm who you are, and with other people’s, so that each person is enrolled once.',
    kept: ' If your face is like another person’s, a cut-out of one picture is kept encrypted for the people who decide, at most 30 days, and erased 24 hours after their decision.',
    terms:
      'Templates, name and e-mail address are erased once you have not used them for {unused}.{consent} Each result is kept for {results}. When Gatehouse gets a newer model, it makes new templates from a picture of a later visit, and deletes that picture too.',
    consent: ' Your consent is valid for {days}; after that they are erased too.',
    free: 'You decide freely. There is another way without the camera, and nothing is worse for you if you take it. You can take your consent back at any time at a desk of {organization}: then your templates are erased.',
  },
  de: {
    wants:
      '{organization} möchte Sie an Ihrem Gesicht erkennen, damit Sie ohne Karte und Passwort zeigen können, wer Sie sind.',
    pictures:
      'Dafür werden jetzt einige Bilder aufgenommen. Gatehouse, ein Gerät im Netz von {organization}, macht daraus Zahlen (Vorlagen) und löscht die Bilder{except}. Die Vorlagen, Ihr Name und Ihre E-Mail-Adresse werden dort verschlüsselt aufbewahrt und an niemanden weitergegeben.',
    except: ', mit der einen Ausnahme unten',
    off: 'Wenn Sie oder eine andere Person hier zeigen, wer sie sind, wird das neue Bild mit den Vorlagen verglichen.',
    warn: 'Wenn Sie oder eine andere Person hier zeigen, wer sie sind, wird das neue Bild mit den Vorlagen verglichen; ebenso das Gesicht jeder neuen Person, damit auffällt, wenn eine Person zweimal erfasst wird.',
    block:
      'Die Vorlagen werden mit Ihrem Gesicht verglichen, wenn Sie zeigen, wer Sie sind, und mit denen anderer Personen, damit jede Person nur einmal erfasst ist.',
    kept: ' Ähnelt Ihr Gesicht dem einer anderen Person, wird ein Ausschnitt eines Bildes für die, die darüber entscheiden, verschlüsselt aufbewahrt, höchstens 30 Tage, und 24 Stunden nach ihrer Entscheidung gelöscht.',
    terms:
      'Vorlagen, Name und E-Mail-Adresse werden gelöscht, wenn Sie sie {unused} lang nicht genutzt haben.{consent} Jedes Ergebnis wird {results} lang aufbewahrt. Bekommt Gatehouse ein neueres Modell, macht es aus einem Bild eines späteren Besuchs neue Vorlagen und löscht auch dieses Bild.',
    consent: ' Ihre Einwilligung gilt {days}; danach werden sie ebenfalls gelöscht.',
    free: 'Sie entscheiden frei. Es gibt einen anderen Weg ohne Kamera, und Sie haben dadurch keinen Nachteil. Sie können Ihre Einwilligung jederzeit an einem Schalter von {organization} widerrufen: Dann werden Ihre Vorlagen gelöscht.',
  },
} as const;

/** The search for a second address of one person takes place where the organization has it. */
const purposesIn = (uniqueness: Uniqueness): Purpose[] =>
  uniqueness === 'off'
    ? ['verification', 'identification']
    : ['verification', 'identification', 'deduplication'];

export const daysIn = (language: TextLanguage, days: number): string =>
  language === 'en' ? `${days} day${days === 1 ? '' : 's'}` : `${days} Tag${days === 1 ? '' : 'e'}`;

/** With what a face is compared, as the setting has it: in every text, of the product and of the organization. */
function comparisonText(uniqueness: Uniqueness, language: TextLanguage): string {
  const said = texts[language];
  return uniqueness === 'off' ? said.off : `${said[uniqueness]}${said.kept}`;
}

/** How long things are kept at the box: below every text, of the product and of the organization. */
function termsText({ unusedDays, consentDays, verificationDays }: KeptTerms, language: TextLanguage) {
  const { terms, consent } = texts[language];
  const days = (n: number) => daysIn(language, n);
  return terms
    .replace('{unused}', days(unusedDays))
    .replace('{consent}', consentDays === undefined ? '' : consent.replace('{days}', days(consentDays)))
    .replace('{results}', days(verificationDays));
}

/** Of a version: other settings are another text. */
const settingsVersion = (
  uniqueness: Uniqueness,
  { unusedDays, consentDays, verificationDays }: KeptTerms,
): string =>
  [uniqueness, unusedDays, consentDays, verificationDays].filter((part) => part !== undefined).join('-');

/** The text of the product, which says what the organization's settings do. */
export function builtInText(organization: string, uniqueness: Uniqueness, terms: KeptTerms): ConsentText {
  const of = (language: TextLanguage) => {
    const said = texts[language];
    const compared = comparisonText(uniqueness, language);
    const pictures = said.pictures.replace('{except}', uniqueness === 'off' ? '' : said.except);
    return [said.wants, pictures, compared, termsText(terms, language), said.free].map((text) =>
      named(text, organization),
    );
  };
  return {
    version: `${VERSION}-${settingsVersion(uniqueness, terms)}`,
    text: { en: of('en'), de: of('de') },
    languages: [...textLanguages],
    purposes: purposesIn(uniqueness),
    apart: false,
  };
}

const named = (text: string, organization: string): string =>
  text.replaceAll('{organization}', () => organization);

/** The language of the reader, or the first in which the text is written. */
export const readIn = (written: readonly TextLanguage[], language: TextLanguage): TextLanguage =>
  written.includes(language) ? language : (written[0] ?? language);

/** The version that a record names: with the language in which the text was read. */
export const versionRead = (version: string, language: TextLanguage): string => `${version}.${language}`;

/**
 * What the person agreed to of the text. Throws CONFLICT where they read another one, INVALID_REQUEST for a purpose that the text does
 * not ask for, and where each is a choice and none is named.
 */
export function requireText(
  { version, purposes, languages, apart }: ConsentText,
  agreed: { textVersion: string; purposes?: Purpose[] | undefined },
): Purpose[] {
  if (!languages.some((language) => versionRead(version, language) === agreed.textVersion))
    throw new Problem('CONFLICT', 'The text has changed: start again, read it, and agree to that one.');
  refuseOthers(purposes, agreed.purposes);
  if (apart && !agreed.purposes)
    throw badPurposes('Each purpose is a choice: name those that the person chose.');
  return agreed.purposes ?? purposes;
}

/** As `requireText`, of a device: a text that is one choice is agreed to as a whole, so INVALID_REQUEST where purposes are left out. */
export function requireTextOfDevice(text: ConsentText, agreed: Parameters<typeof requireText>[1]): Purpose[] {
  const purposes = requireText(text, agreed);
  if (text.apart || text.purposes.every((purpose) => purposes.includes(purpose))) return purposes;
  throw badPurposes('The text is one choice: it is agreed to with all of its purposes.');
}

/** Throws INVALID_REQUEST for a purpose that the text does not ask for. */
export function refuseOthers(asked: readonly Purpose[], agreed: readonly Purpose[] = []): void {
  const other = agreed.find((purpose) => !asked.includes(purpose));
  if (other !== undefined) throw badPurposes(`The text does not ask for ${other}.`);
}

const badPurposes = (message: string) =>
  new Problem('INVALID_REQUEST', message, { details: [{ path: 'consent.purposes', message }] });

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
  /** A text with another name in it is another version. */
  formerNames?: readonly unknown[] | undefined;
  altered?: true | undefined;
  /** As published. */
  own?: VersionedText;
}

/** Part of a version: how often the organization has changed its name. */
export function nameVersion({
  formerNames = [],
  altered,
}: Pick<TextOwner, 'formerNames' | 'altered'>): string {
  // Of a row that another program changed it is not known.
  if (altered) return '-nx';
  return formerNames.length === 0 ? '' : `-n${formerNames.length}`;
}

/** The text that people are shown at an enrollment. */
export function consentTextOf({ name, uniquenessPolicy, terms, own, ...owner }: TextOwner): ConsentText {
  const builtIn = builtInText(name, uniquenessPolicy, terms);
  const renamed = nameVersion(owner);
  if (!own) return { ...builtIn, version: `${builtIn.version}${renamed}` };
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
      ? `own-${own.version}-${settingsVersion(uniquenessPolicy, terms)}${renamed}`
      : `${builtIn.version}${renamed}+own-${own.version}`,
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
