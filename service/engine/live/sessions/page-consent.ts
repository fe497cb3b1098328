import { Problem } from '../../../lib/problem.ts';
import type { Organization } from '../../accounts/index.ts';
import { factsOf, textLanguages, versionRead } from '../../consent/index.ts';
import type { ScopeTerms } from '../../uniqueness/index.ts';
import type { PageConsent, SessionMatch, SessionPage } from './session.ts';

/** Version of these texts; a changed text needs a new version. */
const VERSION = 'gatehouse-live-1';

/** What a person agrees to before the camera starts; `{organization}` asks. */
const texts = {
  en: {
    all: [
      '{organization} wants to confirm that a real person is in front of the camera.',
      'For a few seconds the camera sends pictures of your face to Gatehouse, a box in the network of {organization}, which asks you for small movements. The pictures are judged and deleted at once; their checksums stay for 30 days, so that a recording of them is recognized.',
    ],
    match: 'Your face is also compared with the encrypted templates of people who are enrolled there.',
    none: 'Your face is not compared with any other person.',
    free: 'You decide freely. If you do not want this, choose another way: you have no disadvantage from it.',
    retention: 'The result is kept as long as {organization} keeps verifications.',
    noPicture: 'No picture of you is kept.',
    withdraw: 'You can take your consent back at any time: ask {organization}.',
  },
  de: {
    all: [
      '{organization} möchte bestätigen, dass ein echter Mensch vor der Kamera ist.',
      'Dafür sendet die Kamera einige Sekunden lang Bilder Ihres Gesichts an Gatehouse, ein Gerät im Netz von {organization}, das Sie um kleine Bewegungen bittet. Die Bilder werden beurteilt und sofort gelöscht; ihre Prüfsummen bleiben 30 Tage, damit eine Aufzeichnung davon erkannt wird.',
    ],
    match:
      'Ihr Gesicht wird außerdem mit den verschlüsselten Templates der dort erfassten Personen verglichen.',
    none: 'Ihr Gesicht wird mit keiner anderen Person verglichen.',
    free: 'Sie entscheiden frei. Wenn Sie das nicht möchten, wählen Sie einen anderen Weg: Sie haben dadurch keinen Nachteil.',
    retention: 'Das Ergebnis wird so lange aufbewahrt, wie {organization} Verifizierungen aufbewahrt.',
    noPicture: 'Ein Bild von Ihnen wird nicht aufbewahrt.',
    withdraw: 'Sie können Ihre Einwilligung jederzeit widerrufen: Wenden Sie sich an {organization}.',
  },
} as const;

/** The consent text of a session for an organization, by the people that the face is compared with, and what it says of its own. */
export function pageConsent(
  { name: organization, consentText: own }: Pick<Organization, 'name' | 'consentText'>,
  match: SessionMatch,
): PageConsent {
  const named = (text: string) => text.replaceAll('{organization}', () => organization);
  const compared = match === 'none' ? 'none' : 'match';
  const of = (language: 'en' | 'de') => {
    const { all, free } = texts[language];
    return [...all, texts[language][compared], free].map(named);
  };
  const retention = (language: 'en' | 'de') =>
    `${named(texts[language].retention)} ${texts[language].noPicture}`;
  const consent = {
    version: `${VERSION}-${compared}`,
    text: { en: of('en'), de: of('de') },
    retention: { en: retention('en'), de: retention('de') },
    withdraw: { en: named(texts.en.withdraw), de: named(texts.de.withdraw) },
  };
  if (own === undefined) return consent;
  return extendConsent(consent, ` own-${own.version}`, (language, { text }) => ({
    text: [...text, ...factsOf(own, language)],
  }));
}

/** The same with what a flow or a profile adds: another text, so `version` is added to its version. */
export function extendConsent(
  consent: PageConsent,
  version: string,
  of: (
    language: 'en' | 'de',
    known: { text: string[]; retention: string },
  ) => { text: string[]; retention?: string },
): PageConsent {
  const inLanguage = (language: 'en' | 'de') => {
    const known = { text: consent.text[language], retention: consent.retention[language] };
    return { ...known, ...of(language, known) };
  };
  const [en, de] = [inLanguage('en'), inLanguage('de')];
  return {
    ...consent,
    version: `${consent.version}${version}`,
    text: { en: en.text, de: de.text },
    retention: { en: en.retention, de: de.retention },
  };
}

/** Version of the sentences below; a changed one needs a new version. */
const PICTURES_VERSION = 'pictures-1';

const kept = {
  en: {
    text: 'There is one exception: if Gatehouse cannot decide, a member of staff decides. For that, one picture of each movement is kept, encrypted, until the decision, for three days at most.',
    retention: 'Pictures of you are kept only while a member of staff decides.',
  },
  de: {
    text: 'Es gibt eine Ausnahme: Kann Gatehouse nicht entscheiden, entscheidet eine Person, die dort arbeitet. Dafür wird von jeder Bewegung ein Bild verschlüsselt aufbewahrt, bis entschieden ist, höchstens drei Tage.',
    retention: 'Bilder von Ihnen werden nur aufbewahrt, solange eine Person entscheidet, die dort arbeitet.',
  },
} as const;

/** The page of a session in which a person may have to decide: the consent text says what is kept for it, and has another version. */
export const picturesPage = (page: SessionPage): SessionPage => ({
  ...page,
  pictures: true,
  consent: extendConsent(page.consent, `-${PICTURES_VERSION}`, (language, { text, retention }) => ({
    text: [...text, kept[language].text],
    retention: retention.replace(texts[language].noPicture, kept[language].retention),
  })),
});

/** Version of the sentences below; a changed one needs a new version. */
const BEHAVIOR_VERSION = 'behavior-1';

const collected = {
  en: 'While this page is open, it also sends figures of how you move the pointer, scroll and type on it: speeds and pauses, no text, no key and no address. They help to notice programs, and never decide alone. The figures are judged and forgotten within 15 minutes; what was found is kept with the result.',
  de: 'Solange diese Seite offen ist, sendet sie auch Zahlen dazu, wie Sie auf ihr den Zeiger bewegen, scrollen und tippen: Geschwindigkeiten und Pausen, keinen Text, keine Taste und keine Adresse. Sie helfen, Programme zu bemerken, und entscheiden nie allein. Die Zahlen werden beurteilt und binnen 15 Minuten vergessen; was gefunden wurde, bleibt beim Ergebnis.',
};

/** The page of a session whose profile has it collect behavior: the consent text says so and has another version. */
export const behaviorPage = (page: SessionPage): SessionPage => ({
  ...page,
  behavior: true,
  consent: extendConsent(page.consent, `-${BEHAVIOR_VERSION}`, (language, { text }) => ({
    text: [...text, collected[language]],
  })),
});

/** Version of the sentences below; a changed one needs a new version. */
const UNIQUE_VERSION = 'unique-1';

const counted = {
  en: {
    unique:
      'So that each person is counted once, your face is turned into numbers (a template), kept encrypted under a pseudonym, and compared with those of the other people who were checked for {organization}.',
    reopen: 'You can have the template erased at any time; you would count as a new person then.',
    hold: 'You can have your data erased at any time. The template alone is held{until}, so that each person is counted once, and destroyed then.',
    until: ' until {end}',
    days: 'The template is kept for at most {days} days.',
  },
  de: {
    unique:
      'Damit jede Person einmal zählt, werden aus Ihrem Gesicht Zahlen (ein Template) gemacht, unter einem Pseudonym verschlüsselt aufbewahrt und mit denen der anderen Personen verglichen, die für {organization} geprüft wurden.',
    reopen: 'Sie können das Template jederzeit löschen lassen; Sie zählen danach als neue Person.',
    hold: 'Sie können Ihre Daten jederzeit löschen lassen. Nur das Template bleibt{until}, damit jede Person einmal zählt, und wird dann vernichtet.',
    until: ' bis {end}',
    days: 'Das Template wird höchstens {days} Tage aufbewahrt.',
  },
} as const;

/** The consent text of a session that counts people once per scope: what is kept for it, and what an erasure does. */
export function uniqueConsent(common: PageConsent, organization: string, terms: ScopeTerms): PageConsent {
  const { onErasure, retentionDays, endsAt } = terms;
  const shown = [onErasure, retentionDays, endsAt].filter((term) => term !== undefined).join('-');
  return extendConsent(common, `-${UNIQUE_VERSION}-${shown}`, (language, { text, retention }) => {
    const own = counted[language];
    const end = endsAt === undefined ? undefined : new Date(endsAt).toISOString().slice(0, 10);
    const until = end === undefined ? '' : own.until.replace('{end}', end);
    const kept = retentionDays === undefined ? [] : [own.days.replace('{days}', String(retentionDays))];
    return {
      text: [
        ...text,
        own.unique.replaceAll('{organization}', () => organization),
        own[onErasure].replace('{until}', until),
      ],
      retention: [retention, ...kept].join(' '),
    };
  });
}

/**
 * The person agrees to the text that the page has now, in every flow. Throws CONFLICT for another: it changed while they read it.
 * A page that says in which language it was read adds it (`VERSION.de`), and the record has it.
 */
export function requireSameText(
  { consent }: Pick<SessionPage, 'consent'>,
  agreed: { version: string },
): void {
  const { version } = consent;
  if ([version, ...textLanguages.map((one) => versionRead(version, one))].includes(agreed.version)) return;
  throw new Problem(
    'CONFLICT',
    'The text of this page has changed: load the page again, read it, and agree to that one.',
  );
}
