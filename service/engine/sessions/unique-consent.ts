import { extendConsent } from './page-consent.ts';
import type { PageConsent } from './session.ts';

/** What an erasure does in the scope, and how long its members are kept (engine/uniqueness). */
export interface UniqueTerms {
  /** `hold`: the template stays to the end of the scope. */
  onErasure: 'reopen' | 'hold';
  retentionDays?: number;
  /** Ms since 1970. */
  endsAt?: number;
}

/** Version of the sentences below; a changed one needs a new version. */
const VERSION = 'unique-1';

const texts = {
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
export function uniqueConsent(common: PageConsent, organization: string, terms: UniqueTerms): PageConsent {
  const { onErasure, retentionDays, endsAt } = terms;
  const shown = [onErasure, retentionDays, endsAt].filter((term) => term !== undefined).join('-');
  return extendConsent(common, `-${VERSION}-${shown}`, (language, { text, retention }) => {
    const own = texts[language];
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
