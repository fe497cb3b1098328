import { Problem } from '../../../lib/problem.ts';
import { retentionPolicy, type UniquenessPolicy } from '../../accounts/index.ts';
import {
  daysIn,
  factsOf,
  nameVersion,
  ownWords,
  type Purpose,
  purposes,
  readIn,
  refuseOthers,
  type TextLanguage,
  type TextOwner,
  textLanguages,
  versionRead,
} from '../../consent/index.ts';
import type { ScopeTerms } from '../../uniqueness/index.ts';
import type { AgreedConsent, PageConsent, SessionMatch, SessionPage } from './session.ts';

/** Version of these texts; a changed text needs a new version. */
const VERSION = 'gatehouse-live-2';

/** What a person agrees to before the camera starts; `{organization}` asks. What it does is said whatever the organization says of its own. */
const texts = {
  en: {
    wants: '{organization} wants to confirm that a real person is in front of the camera.',
    does: 'For a few seconds the camera sends pictures of your face to Gatehouse, a box in the network of {organization}, which asks you for small movements. The pictures are judged and deleted at once; their checksums, and how your face moved as encrypted numbers, stay for 30 days, so that a recording of them is recognized. What your browser says of itself and its camera, and its network address, are kept encrypted with the result.',
    match:
      'Your face is also compared with the encrypted templates of people who are enrolled there. If you are one of them and Gatehouse has a newer model since, it makes new encrypted templates of you from this check.',
    unique: 'Your face is also compared with the encrypted templates of people who are enrolled there.',
    none: 'Your face is not compared with any other person.',
    free: 'You decide freely. If you do not want this, choose another way: you have no disadvantage from it.',
    retention: 'The result is kept for {days}.',
    noPicture: 'No picture of you is kept.',
    withdraw:
      'You can take your consent back at any time: ask {organization}, and give the reference that this page shows at its end.',
    contact: 'Contact: {contact}',
  },
  de: {
    wants: '{organization} möchte bestätigen, dass ein echter Mensch vor der Kamera ist.',
    does: 'Dafür sendet die Kamera einige Sekunden lang Bilder Ihres Gesichts an Gatehouse, ein Gerät im Netz von {organization}, das Sie um kleine Bewegungen bittet. Die Bilder werden beurteilt und sofort gelöscht; ihre Prüfsummen und die Bewegung Ihres Gesichts als verschlüsselte Zahlen bleiben 30 Tage, damit eine Aufzeichnung davon erkannt wird. Was Ihr Browser von sich und seiner Kamera sagt und seine Netzwerkadresse werden verschlüsselt beim Ergebnis aufbewahrt.',
    match:
      'Ihr Gesicht wird außerdem mit den verschlüsselten Vorlagen der dort erfassten Personen verglichen. Gehören Sie dazu und hat Gatehouse inzwischen ein neueres Modell, macht es aus dieser Prüfung neue verschlüsselte Vorlagen von Ihnen.',
    unique:
      'Ihr Gesicht wird außerdem mit den verschlüsselten Vorlagen der dort erfassten Personen verglichen.',
    none: 'Ihr Gesicht wird mit keiner anderen Person verglichen.',
    free: 'Sie entscheiden frei. Wenn Sie das nicht möchten, wählen Sie einen anderen Weg: Sie haben dadurch keinen Nachteil.',
    retention: 'Das Ergebnis wird {days} lang aufbewahrt.',
    noPicture: 'Ein Bild von Ihnen wird nicht aufbewahrt.',
    withdraw:
      'Sie können Ihre Einwilligung jederzeit widerrufen: Wenden Sie sich an {organization} und nennen Sie die Nummer, die diese Seite am Ende zeigt.',
    contact: 'Kontakt: {contact}',
  },
} as const;

type Speaker = Pick<TextOwner, 'name' | 'own' | 'formerNames' | 'altered'> &
  Parameters<typeof retentionPolicy>[0];

/** The consent text of a session for an organization, by the people that the face is compared with, and what it says of its own. */
export const pageConsent = (organization: Speaker, match: SessionMatch): PageConsent =>
  match === 'none'
    ? consentOf(organization, 'none', [])
    : consentOf(organization, 'match', [match === 'any' ? 'identification' : 'verification']);

function consentOf(
  { name, own, ...settings }: Speaker,
  compared: 'match' | 'unique' | 'none',
  asked: Purpose[],
): PageConsent {
  const named = (text: string) => text.replaceAll('{organization}', () => name);
  const { verificationDays } = retentionPolicy(settings);
  const written = own?.live && ownWords(own.live, name);
  const languages = written?.languages ?? [...textLanguages];
  const inEach = <Said>(say: (language: TextLanguage) => Said) => ({
    en: say(readIn(languages, 'en')),
    de: say(readIn(languages, 'de')),
  });
  return {
    version: `${VERSION}-${compared}-${verificationDays}${nameVersion(settings)}${own === undefined ? '' : ` own-${own.version}`}`,
    text: inEach((language) => {
      const { wants, does, free, [compared]: comparison } = texts[language];
      const [opening, closing] = written ? [written.in(language), []] : [[named(wants)], [free]];
      const facts = own === undefined ? [] : factsOf(own, language);
      return [...opening, named(does), comparison, ...closing, ...facts];
    }),
    retention: inEach((language) => {
      const { retention, noPicture } = texts[language];
      return `${retention.replace('{days}', daysIn(language, verificationDays))} ${noPicture}`;
    }),
    withdraw: inEach((language) => {
      const { withdraw, contact } = texts[language];
      const where = own?.contact === undefined ? [] : [contact.replace('{contact}', () => own.contact!)];
      return [named(withdraw), ...where].join(' ');
    }),
    asks: { purposes: asked, optional: [], languages },
  };
}

/** The same with what a flow or a profile adds: another text, so `version` is added to its version. */
export function extendConsent(
  consent: PageConsent,
  version: string,
  of: (
    language: TextLanguage,
    known: { text: string[]; retention: string },
  ) => { text: string[]; retention?: string },
): PageConsent {
  const inLanguage = (language: TextLanguage) => {
    const known = { text: consent.text[language], retention: consent.retention[language] };
    return { ...known, ...of(readIn(consent.asks?.languages ?? textLanguages, language), known) };
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
      'Damit jede Person einmal zählt, werden aus Ihrem Gesicht Zahlen (eine Vorlage) gemacht, unter einem Pseudonym verschlüsselt aufbewahrt und mit denen der anderen Personen verglichen, die für {organization} geprüft wurden.',
    reopen: 'Sie können die Vorlage jederzeit löschen lassen; Sie zählen danach als neue Person.',
    hold: 'Sie können Ihre Daten jederzeit löschen lassen. Nur die Vorlage bleibt{until}, damit jede Person einmal zählt, und wird dann vernichtet.',
    until: ' bis {end}',
    days: 'Die Vorlage wird höchstens {days} Tage aufbewahrt.',
  },
} as const;

/**
 * The consent text of a session that counts people once per scope: what is kept for it, and what an erasure does. Where the purposes are
 * apart and nothing depends on it, a person may decline to be counted.
 */
export function uniqueConsent(
  organization: Speaker,
  { onErasure, retentionDays, endsAt }: ScopeTerms,
  policy: UniquenessPolicy,
): PageConsent {
  const common = consentOf(organization, 'unique', ['deduplication']);
  const optional: Purpose[] = organization.own?.apart && policy === 'warn' ? ['deduplication'] : [];
  const shown = [onErasure, retentionDays, endsAt].filter((term) => term !== undefined).join('-');
  const consent = extendConsent(common, `-${UNIQUE_VERSION}-${shown}`, (language, { text, retention }) => {
    const own = counted[language];
    const end = endsAt === undefined ? undefined : new Date(endsAt).toISOString().slice(0, 10);
    const until = end === undefined ? '' : own.until.replace('{end}', end);
    const kept = retentionDays === undefined ? [] : [own.days.replace('{days}', String(retentionDays))];
    return {
      text: [
        ...text,
        own.unique.replaceAll('{organization}', () => organization.name),
        own[onErasure].replace('{until}', until),
      ],
      retention: [retention, ...kept].join(' '),
    };
  });
  return { ...consent, asks: { ...common.asks!, optional } };
}

type Asks = NonNullable<PageConsent['asks']>;

/**
 * The person agrees to the text that the page has now, in every flow, and to all of its purposes but those that they may decline: to
 * these only where they say so. Throws
 * CONFLICT for another text: it changed while they read it; CONSENT_REQUIRED where a purpose is missing.
 */
export function requireAgreed(
  { consent }: Pick<SessionPage, 'consent'>,
  { version, purposes: chosen }: AgreedConsent,
): { version: string; purposes: Purpose[] } {
  const asks: Asks = consent.asks ?? { purposes: [], optional: [], languages: [...textLanguages] };
  const { purposes: asked, optional, languages } = asks;
  if (![consent.version, ...languages.map((one) => versionRead(consent.version, one))].includes(version))
    throw new Problem(
      'CONFLICT',
      'The text of this page has changed: load the page again, read it, and agree to that one.',
    );
  refuseOthers(asked, chosen);
  const agreed = purposes.filter(
    (purpose) => asked.includes(purpose) && (chosen?.includes(purpose) ?? !optional.includes(purpose)),
  );
  const missing = asked.find((purpose) => !agreed.includes(purpose) && !optional.includes(purpose));
  if (missing === undefined) return { version, purposes: agreed };
  throw new Problem(
    'CONSENT_REQUIRED',
    `This check cannot be done without ${missing}: agree to it, or take another way.`,
  );
}
