import type { Organization } from '../../accounts/index.ts';
import type { TextOwner } from '../../consent/index.ts';
import type { ScopeTerms } from '../../uniqueness/index.ts';
import { allowedRedirects } from '../flows/redirect-url.ts';
import { extendConsent, uniqueConsent } from '../sessions/page-consent.ts';
import type { SessionPage } from '../sessions/session.ts';

/** Version of the sentences below; a changed one needs a new version. */
const VERSION = 'registration-2';

const texts = {
  en: {
    title: 'Confirm that you are a person',
    intro: 'A short look into the camera is all it takes.',
    failure: 'This did not work. You can ask for a new invitation, or for another way.',
    id: '{organization} learns a random-looking number that stands for you here and nowhere else.',
    until: 'The template is kept until {end} at the latest.',
  },
  de: {
    title: 'Bestätigen Sie, dass Sie ein Mensch sind',
    intro: 'Ein kurzer Blick in die Kamera genügt.',
    failure: 'Das hat nicht geklappt. Sie können um eine neue Einladung oder einen anderen Weg bitten.',
    id: '{organization} erfährt eine zufällig aussehende Nummer, die hier und nirgends sonst für Sie steht.',
    until: 'Das Template wird spätestens bis {end} aufbewahrt.',
  },
} as const;

/** The capture page of an invitation, which leads only where the organization allows now. */
export function toInvitationPage(
  organization: Organization & TextOwner,
  terms: ScopeTerms,
  redirect: string | undefined,
): SessionPage {
  const { name, redirectTargets } = organization;
  const both = (text: 'title' | 'intro' | 'failure') => ({ en: texts.en[text], de: texts.de[text] });
  const { success } = allowedRedirects({ success: redirect }, redirectTargets);
  const { retentionDays, endsAt } = terms;
  return {
    title: both('title'),
    messages: { intro: both('intro'), failure: both('failure') },
    ...(success !== undefined && { redirect: { success, failure: success } }),
    consent: extendConsent(
      uniqueConsent(organization, terms, 'block'),
      ` ${VERSION}`,
      (language, { text, retention }) => {
        const { id, until } = texts[language];
        const isBounded = retentionDays === undefined && endsAt !== undefined;
        return {
          text: [...text, id.replace('{organization}', () => name)],
          retention: isBounded
            ? `${retention} ${until.replace('{end}', new Date(endsAt).toISOString().slice(0, 10))}`
            : retention,
        };
      },
    ),
  };
}
