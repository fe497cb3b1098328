import { z } from 'zod';
import { defined } from '../../../lib/defined.ts';
import type { Organization } from '../../accounts/index.ts';
import type { TextOwner } from '../../consent/index.ts';
import { allowedRedirects, defaultTexts, type FlowProduct } from '../flows/flow.ts';
import { extendConsent, pageConsent } from '../sessions/page-consent.ts';
import type { SessionMatch, SessionPage } from '../sessions/session.ts';

const text = z.string().max(2000).optional();
const texts = z.strictObject({
  title: text,
  intro: text,
  consent: text,
  button: text,
  success: text,
  failure: text,
});

/** What the page of one verification shows and asks for, as it was when the link was made; sealed. */
export const HostedRequest = z.strictObject({
  /** In one language where the caller gave the texts, in each where a flow did. */
  texts: z.strictObject({ en: texts, de: texts }),
  language: z.enum(['en', 'de']).optional(),
  redirects: z.strictObject({ success: z.string().optional(), failure: z.string().optional() }),
  profile: z.string().optional(),
  /** Slugs that the key was restricted to. */
  profiles: z.array(z.string()).optional(),
  minimumAge: z.int().optional(),
  /** The person who has to be matched; absent: any enrolled person. */
  email: z.string().optional(),
  /** The caller's own. */
  metadata: z.record(z.string(), z.unknown()).optional(),
});
export type HostedRequest = z.infer<typeof HostedRequest>;

/** Version of the sentences below; a changed one needs a new version. */
const VERSION = 'hosted-1';

type Language = 'en' | 'de';

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

/** The people that a product compares the face with. */
export const matchOf = (product: FlowProduct, email: string | undefined): SessionMatch =>
  product === 'verifyhuman' ? 'none' : email === undefined ? 'any' : { email };

/** The capture page of a hosted verification, which leads only where the organization allows now. `version`: of a flow's own texts. */
export function toHostedPage(
  product: FlowProduct,
  { texts, language, redirects, email }: Pick<HostedRequest, 'texts' | 'language' | 'redirects' | 'email'>,
  organization: Organization & TextOwner,
  version?: string,
): SessionPage {
  const own = (one: Language) => ({ ...defaultTexts[one], ...defined(texts[one]) });
  const [en, de] = [own('en'), own('de')];
  const both = (text: keyof typeof en) => ({ en: en[text], de: de[text] });
  const { name, redirectTargets } = organization;
  const common = pageConsent(organization, matchOf(product, email));
  return {
    ...defined({ language }),
    title: both('title'),
    messages: {
      intro: both('intro'),
      button: both('button'),
      // The page's own words depend on where it leads.
      ...((en.success !== defaultTexts.en.success || de.success !== defaultTexts.de.success) && {
        success: both('success'),
      }),
      failure: both('failure'),
    },
    product,
    redirect: allowedRedirects(redirects, redirectTargets),
    consent: extendConsent(
      common,
      ` ${VERSION}${version === undefined ? '' : ` ${version}`}`,
      (language, known) => ({
        text: [
          ...(texts[language].consent === undefined ? [] : [texts[language].consent]),
          ...known.text,
          ...about[product][language].map((text) => text.replaceAll('{organization}', () => name)),
        ],
      }),
    ),
  };
}
