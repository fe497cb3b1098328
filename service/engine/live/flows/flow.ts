import { z } from 'zod';
import type { FlowId, OrganizationId } from '../../../lib/id.ts';

/** What the person has to prove (contracts/README.md, Hosted). */
export const flowProducts = ['verifyhuman', 'verifyage', 'verifyidentity', 'verifytrust'] as const;
export type FlowProduct = (typeof flowProducts)[number];

/** Languages that the page speaks. */
const flowLanguages = ['en', 'de'] as const;
export type FlowLanguage = (typeof flowLanguages)[number];

/** What the page says where a flow says nothing else. */
export const defaultTexts = {
  en: {
    title: 'Verify with your face',
    intro: 'A short look into the camera is all it takes.',
    consent: 'I agree that a picture of my face is analyzed to verify me. The picture is not kept.',
    button: 'I agree, start',
    success: 'Thank you. You can close this page.',
    failure: 'This did not work. You can try again, or ask for another way.',
  },
  de: {
    title: 'Mit dem Gesicht bestätigen',
    intro: 'Ein kurzer Blick in die Kamera genügt.',
    consent:
      'Ich willige ein, dass ein Bild meines Gesichts ausgewertet wird, um mich zu bestätigen. Das Bild wird nicht aufbewahrt.',
    button: 'Zustimmen und beginnen',
    success: 'Danke. Sie können diese Seite schließen.',
    failure:
      'Das hat nicht geklappt. Sie können es noch einmal versuchen oder nach einem anderen Weg fragen.',
  },
} as const satisfies Record<FlowLanguage, Record<keyof z.infer<typeof FlowTexts>, string>>;
export type WholeTexts = Record<keyof (typeof defaultTexts)['en'], string>;

const text = (most: number) => z.string().trim().min(1).max(most);

const FlowTexts = z.strictObject({
  title: text(80).optional().describe('Heading'),
  intro: text(600).optional().describe('Introduction'),
  consent: text(2000).optional().describe('Consent text'),
  button: text(40)
    .optional()
    .describe('Label of the button by which the person agrees and starts; it has to say so'),
  success: text(300).optional().describe('Text after success without a redirect'),
  failure: text(300).optional().describe('Text after a failure without a redirect'),
});

export const FlowDefinition = z.strictObject({
  name: text(80).describe('Name for administrators'),
  product: z.enum(flowProducts).describe('Required proof'),
  profile: z.string().max(80).optional().describe('Slug of the profile; absent: `default`'),
  minimumAge: z
    .int()
    .min(1)
    .max(120)
    .optional()
    .describe('Years, for verifyage: the date of birth of the matched person decides; absent: 18'),
  texts: FlowTexts.default({}).describe('Texts of the page in English; absent ones have a default'),
  translations: z
    .strictObject({ de: FlowTexts.optional().describe('In German') })
    .optional()
    .describe('Texts in other languages; a text in one language only is used for all'),
  redirects: z
    .strictObject({
      success: z.string().max(2048).optional().describe('URL after success'),
      failure: z.string().max(2048).optional().describe('URL after a failure'),
    })
    .default({})
    .describe(
      'Redirects, allowed by the redirect targets of the organization; without one the person stays on the page',
    ),
});
export type FlowDefinition = z.infer<typeof FlowDefinition>;

/** Every text in each language: the flow's own, else its own in the other language, else the one that comes with the page. */
export function textsOf({ texts, translations }: FlowDefinition): Record<FlowLanguage, WholeTexts> {
  const own = { en: texts, de: translations?.de ?? {} };
  const names = Object.keys(defaultTexts.en) as (keyof WholeTexts)[];
  const inLanguage = (language: FlowLanguage): WholeTexts => {
    const other = flowLanguages.find((one) => one !== language) ?? language;
    const text = (name: keyof WholeTexts) =>
      own[language][name] ?? own[other][name] ?? defaultTexts[language][name];
    return Object.fromEntries(names.map((name) => [name, text(name)])) as WholeTexts;
  };
  return { en: inLanguage('en'), de: inLanguage('de') };
}

export interface Flow {
  id: FlowId;
  organization: OrganizationId;
  /** Part of its URL; never changes. */
  slug: string;
  /** The version that administrators edit. */
  draft: FlowDefinition;
  /** The version that visitors see. */
  published?: { definition: FlowDefinition; at: number; by: string };
  createdAt: number;
  createdBy: string;
  changedAt: number;
  changedBy: string;
}
