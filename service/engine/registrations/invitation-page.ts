import type { Organization } from '../organizations/index.ts';
import { type PageConsent, pageConsent, type SessionPage } from '../sessions/index.ts';

/** What an erasure does in a region, and how long its members are kept (engine/uniqueness). */
export interface RegionTerms {
  /** `hold`: the template stays to the end of the region. */
  onErasure: 'reopen' | 'hold';
  retentionDays?: number;
  /** Ms since 1970. */
  endsAt?: number;
}

/** Version of the sentences below; a changed one needs a new version. */
const VERSION = 'registration-1';

type Language = 'en' | 'de';

const texts = {
  en: {
    title: 'Confirm that you are a person',
    intro: 'A short look into the camera is all it takes.',
    failure: 'This did not work. You can ask for a new invitation, or for another way.',
    unique:
      'So that each person takes part once, your face is turned into numbers (a template), kept encrypted under a pseudonym, and compared with the other people who take part. {organization} learns a random-looking number that stands for you here and nowhere else.',
    reopen: 'You can have the template erased at any time; you could then take part again.',
    hold: 'You can have your data erased at any time. The template alone is held until {end}, so that each person takes part once, and destroyed then.',
    days: 'The template is kept for at most {days} days.',
    until: 'The template is kept until {end} at the latest.',
  },
  de: {
    title: 'Bestätigen Sie, dass Sie ein Mensch sind',
    intro: 'Ein kurzer Blick in die Kamera genügt.',
    failure: 'Das hat nicht geklappt. Sie können um eine neue Einladung oder einen anderen Weg bitten.',
    unique:
      'Damit jede Person einmal teilnimmt, werden aus Ihrem Gesicht Zahlen (ein Template) gemacht, unter einem Pseudonym verschlüsselt aufbewahrt und mit den anderen Teilnehmenden verglichen. {organization} erfährt eine zufällig aussehende Nummer, die hier und nirgends sonst für Sie steht.',
    reopen: 'Sie können das Template jederzeit löschen lassen; danach könnten Sie wieder teilnehmen.',
    hold: 'Sie können Ihre Daten jederzeit löschen lassen. Nur das Template bleibt bis {end}, damit jede Person einmal teilnimmt, und wird dann vernichtet.',
    days: 'Das Template wird höchstens {days} Tage aufbewahrt.',
    until: 'Das Template wird spätestens bis {end} aufbewahrt.',
  },
} as const;

/** The capture page of an invitation. */
export function toInvitationPage(
  { name }: Pick<Organization, 'name'>,
  terms: RegionTerms,
  redirect: string | undefined,
): SessionPage {
  const both = (text: 'title' | 'intro' | 'failure') => ({
    en: texts.en[text],
    de: texts.de[text],
  });
  return {
    title: both('title'),
    messages: { intro: both('intro'), failure: both('failure') },
    ...(redirect !== undefined && { redirect: { success: redirect, failure: redirect } }),
    consent: consentOf(name, terms),
  };
}

function consentOf(name: string, { onErasure, retentionDays, endsAt }: RegionTerms): PageConsent {
  const common = pageConsent(name, 'any');
  const end = endsAt === undefined ? '' : new Date(endsAt).toISOString().slice(0, 10);
  const fill = (text: string) =>
    text
      .replaceAll('{organization}', () => name)
      .replaceAll('{end}', end)
      .replaceAll('{days}', String(retentionDays));
  const of = (language: Language) => {
    const own = texts[language];
    const kept = retentionDays === undefined ? (endsAt === undefined ? [] : [own.until]) : [own.days];
    return {
      text: [...common.text[language], fill(own.unique), fill(own[onErasure])],
      retention: [common.retention[language], ...kept.map(fill)].join(' '),
    };
  };
  const [en, de] = [of('en'), of('de')];
  const terms = [onErasure, retentionDays, endsAt].filter((term) => term !== undefined).join('-');
  return {
    ...common,
    version: `${common.version} ${VERSION} ${terms}`,
    text: { en: en.text, de: de.text },
    retention: { en: en.retention, de: de.retention },
  };
}
