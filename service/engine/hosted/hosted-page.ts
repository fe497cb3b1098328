import { defined } from '../../lib/defined.ts';
import { defaultTexts, type FlowProduct } from '../flows/index.ts';
import type { Organization } from '../organizations/index.ts';
import { type PageConsent, pageConsent, type SessionPage } from '../sessions/index.ts';
import type { HostedPage } from './hosted-link.ts';

/** Version of the sentences below; a changed one needs a new version. */
const VERSION = 'hosted-1';

type Language = 'en' | 'de';
type Texts = HostedPage['texts'];

/** What a product does beyond the common text of a session, in words for the person. */
const about = {
  verifyhuman: { en: [], de: [] },
  verifyidentity: { en: [], de: [] },
  verifytrust: {
    en: ['Where you are, the time, and your device are checked too.'],
    de: ['Auch Ort, Zeit und Gerät werden geprüft.'],
  },
  verifyage: {
    en: [
      'Your age is taken from the date of birth that {organization} has on record. It is never estimated from your face.',
    ],
    de: [
      'Ihr Alter ergibt sich aus dem Geburtsdatum, das {organization} hinterlegt hat. Es wird nie aus Ihrem Gesicht geschätzt.',
    ],
  },
} as const satisfies Record<FlowProduct, Record<Language, readonly string[]>>;

type PageOwner = Pick<Organization, 'name'>;

/** The capture page of a hosted verification. `version`: of a flow's own texts. */
export function toSessionPage(
  product: FlowProduct,
  { texts, language, redirects }: HostedPage,
  organization: PageOwner,
  version?: string,
): SessionPage {
  const own = (one: Language) => ({ ...defaultTexts[one], ...defined(texts[one]) });
  const [en, de] = [own('en'), own('de')];
  return {
    ...defined({ language }),
    title: { en: en.title, de: de.title },
    messages: {
      intro: { en: en.intro, de: de.intro },
      button: { en: en.button, de: de.button },
      // The page's own words depend on where it leads.
      ...((en.success !== defaultTexts.en.success || de.success !== defaultTexts.de.success) && {
        success: { en: en.success, de: de.success },
      }),
      failure: { en: en.failure, de: de.failure },
    },
    product,
    redirect: defined(redirects),
    consent: consentOf(product, texts, organization, version),
  };
}

function consentOf(
  product: FlowProduct,
  own: Texts,
  { name }: PageOwner,
  version: string | undefined,
): PageConsent {
  const common = pageConsent(name, product === 'verifyhuman' ? 'none' : 'any');
  const of = (language: Language) => [
    ...(own[language]?.consent === undefined ? [] : [own[language].consent]),
    ...common.text[language],
    ...about[product][language].map((text) => text.replaceAll('{organization}', () => name)),
  ];
  return {
    ...common,
    version: [common.version, VERSION, version].filter((part) => part !== undefined).join(' '),
    text: { en: of('en'), de: of('de') },
  };
}
