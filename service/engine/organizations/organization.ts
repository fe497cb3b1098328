import { z } from 'zod';
import { altered, id, type OfOrganization, time } from '../../lib/record-fields.ts';
import { lineOfText } from '../../lib/text-fields.ts';
import { Attestation } from '../consent/index.ts';
import type { RetentionSettings } from './retention-settings.ts';

export type UniquenessPolicy = 'off' | 'warn' | 'block';

/** What the assistant asks once the organization has an owner, in this order. */
export const setupSteps = ['name', 'factor', 'attack-detection', 'consent', 'destinations', 'keys'] as const;
export type SetupStep = (typeof setupSteps)[number];
/** `later`: put off, and named on the overview. */
const setupStates = ['open', 'later', 'done'] as const;
export type SetupState = (typeof setupStates)[number];
export type SetupSteps = { [Step in SetupStep]?: SetupState | undefined };

/** Languages of the consent text. */
const consentLanguages = ['en', 'de'] as const;
export type ConsentLanguage = (typeof consentLanguages)[number];

const step = (what: string) => z.enum(setupStates).optional().describe(what);
export const OWN_PROFILES = 'its own profiles, and built-in ones that it has not replaced';
const example = {
  id: 'org_01m7w2z9c0h2rb1yq7j5t8k3nd',
  name: 'Museum of Bern',
  createdAt: '2026-11-20T12:00:00.000Z',
  matchOnly: false,
  uniquenessPolicy: 'off' as const,
  consentPolicy: 'attested' as const,
};

export const Organization = z
  .object({
    id: id<'organization'>(),
    name: z.string().describe('Its name'),
    createdAt: time('Time of creation'),
    matchOnly: z
      .boolean()
      .describe(
        'Whether live verifications may run without presentation attack detection, so that a photograph may pass',
      ),
    uniquenessPolicy: z
      .enum(['off', 'warn', 'block'])
      .describe('Action when the face is enrolled under another e-mail address'),
    consentPolicy: z
      .enum(['attested', 'with-call'])
      .describe('Consent is attested once for all people, or sent with each enrollment'),
    attestation: Attestation.optional().describe(
      'What it attests for all people without a consent of their own',
    ),
    allowedProfiles: z
      .array(z.string().min(1).max(63))
      .max(100)
      .optional()
      .describe(`Slugs of the only profiles that callers may name; absent: ${OWN_PROFILES}`),
    twoPersonReview: z.boolean().optional().describe('Two administrators have to agree on a review'),
    faceFactor: z
      .boolean()
      .optional()
      .describe('Whether administrators may enroll a face as a second factor'),
    fourEyes: z
      .boolean()
      .optional()
      .describe('Whether a second administrator has to confirm erasing and exporting people'),
    redirectTargets: z
      .array(z.string().min(1).max(260))
      .max(100)
      .describe(
        'Allowed redirects of hosted flows: hosts (`app.example.com`), plain HTTP origins of the own network (`http://10.0.0.5:8080`), schemes of apps (`myapp:`)',
      )
      .optional(),
    signInNotice: z.string().trim().min(1).max(4000).optional().describe('Notice shown before sign-in'),
    setupSteps: z
      .strictObject({
        name: step('Name and certificate'),
        factor: step('Second factor of the owner'),
        'attack-detection': step('Liveness, or match only'),
        consent: step('Consent and its text'),
        destinations: step('What may leave the box'),
        keys: step('First keys'),
      } satisfies Record<SetupStep, z.ZodType>)
      .describe('How far the assistant has come; `later`: put off')
      .optional(),
    consentLanguage: z
      .enum(consentLanguages)
      .describe('Language in which the consent text is shown first')
      .optional(),
    color: z
      .string()
      .max(20)
      .describe(
        'Color behind the first letter of the name where people who are verified see no logo, `#rrggbb`; the letter is black or white, whichever is easier to read',
      )
      .optional(),
    logo: z
      .object({
        width: z.int().describe('Pixels'),
        height: z.int().describe('Pixels'),
        sha256: z.string().describe('SHA-256 of the PNG, hex'),
      })
      .optional()
      .describe('The logo that people see who are verified; absent: none'),
    erasedAt: time('Time when its people and its secrets were erased').optional(),
    altered,
  })
  .meta({ id: 'Organization', description: 'An organization and its settings.', examples: [example] });
/** `retention`: terms that differ from the defaults (`retentionPolicy`). */
export type Organization = z.output<typeof Organization> & { retention?: RetentionSettings };
/** What is known of a logo without its bytes. */
export type LogoFacts = NonNullable<Organization['logo']>;

const site = {
  name: 'Bern',
  cidr: '10.20.0.0/16',
  country: 'CH',
  latitude: 46.95,
  longitude: 7.45,
  timeZone: 'Europe/Zurich',
};

/** A place of the organization, known by its network: what the context checks use when a request names no location. */
export const Site = z
  .object({
    id: id<'site'>(),
    name: z.string().describe('Its name'),
    cidr: z.string().describe('IPv4 or IPv6 network'),
    country: z.string().describe('ISO 3166-1 alpha-2'),
    latitude: z.number().describe('Degrees, WGS 84, -90 to 90'),
    longitude: z.number().describe('Degrees, WGS 84, -180 to 180'),
    timeZone: z.string().describe('IANA name of the time zone'),
  })
  .meta({
    id: 'Site',
    description: 'A place of the organization, identified by its network.',
    examples: [{ id: 'site_01m7w2z9c0h2rb1yq7j5t8k3nd', ...site }],
  });
export type Site = OfOrganization<typeof Site>;

/** What of it is said when it is added; `checkSite` says what a network, a country and a time zone are. */
export const NewSite = Site.omit({ id: true })
  .extend({ name: lineOfText(80).describe('Its name') })
  .strict()
  .meta({ id: 'NewSite', examples: [site] });
export type NewSite = z.output<typeof NewSite>;
