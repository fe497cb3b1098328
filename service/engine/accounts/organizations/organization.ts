import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Logo } from '../../../inference/pictures/read-logo.ts';
import { defined } from '../../../lib/defined.ts';
import { parseNetwork } from '../../../lib/network.ts';
import { Problem, type ProblemDetail } from '../../../lib/problem.ts';
import { altered, id, type OfOrganization, time } from '../../../lib/record-fields.ts';
import { lineOfText } from '../../../lib/text-fields.ts';
import { isTimeZone } from '../../../lib/time.ts';
import type { Actor } from '../../audit/index.ts';
import { Attestation, PublishedText } from '../../consent/index.ts';

export type UniquenessPolicy = 'off' | 'warn' | 'block';

/** What the assistant asks once the organization has an owner, in this order. */
export const setupSteps = ['name', 'factor', 'attack-detection', 'consent', 'destinations', 'keys'] as const;
export type SetupStep = (typeof setupSteps)[number];

/** Steps of the assistant that were put off, or never reached. */
export const stepsLeft = ({ setupSteps: steps = {} }: Pick<Organization, 'setupSteps'>): SetupStep[] =>
  setupSteps.filter((step) => steps[step] !== undefined && steps[step] !== 'done');
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
        ink: z
          .enum(['dark', 'light'])
          .describe('Of a transparent logo that can be read on one ground alone')
          .optional(),
      })
      .optional()
      .describe('The logo that people see who are verified; absent: none'),
    consentText: PublishedText.optional().describe('Its own consent text; absent: that of the product alone'),
    formerNames: z
      .array(
        z.object({
          name: z.string().describe('The name'),
          until: time('When another one took its place'),
        }),
      )
      .optional()
      .describe(
        'Names that it had, the first one first: receipts have the one under which a consent was given',
      ),
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

const days = (least: number, most: number) => z.int().min(least).max(most);

/** Three years without use is the longest that a face is kept (BIPA, section 15(a)). */
const MOST_UNUSED_DAYS = 1095;

/** What an organization has set of its terms, in days, as it is stored. What is absent is the default. */
export const RetentionSettings = z.strictObject({
  /** A person who was neither enrolled nor verified for so long is erased. */
  unusedDays: days(1, MOST_UNUSED_DAYS).optional(),
  /** How long a consent without an end is valid; absent: until it is withdrawn. */
  consentDays: days(1, 3650).optional(),
  /** Verifications, alerts, and the failures counted against an address. */
  verificationDays: days(1, 3650).optional(),
  /** Events in the outbox, delivered or not. */
  deliveryDays: days(1, 365).optional(),
  /** Lines of the audit log; the log is one for the appliance, so the longest term of all organizations holds. */
  auditDays: days(365, 36_500).optional(),
});
export type RetentionSettings = z.infer<typeof RetentionSettings>;

/** Every term that holds, in days. */
export interface RetentionPolicy {
  unusedDays: number;
  consentDays?: number;
  verificationDays: number;
  deliveryDays: number;
  auditDays: number;
}

const retentionDefaults = {
  unusedDays: MOST_UNUSED_DAYS,
  verificationDays: 365,
  deliveryDays: 90,
  auditDays: 3650,
} as const satisfies RetentionSettings;

/** What is set, and the defaults for the rest. */
export function retentionPolicy({ retention = {} }: { retention?: RetentionSettings }): RetentionPolicy {
  const set = Object.entries(retention).filter(([, term]) => term !== undefined);
  return { ...retentionDefaults, ...Object.fromEntries(set) };
}

/** The site as it is stored: network and country in their canonical spelling. Throws INVALID_REQUEST, naming each field. */
export function checkSite(input: NewSite): NewSite {
  const details: ProblemDetail[] = [];
  const refuse = (path: keyof NewSite, message: string) => details.push({ path, message });

  const name = input.name.trim();
  if (name === '' || name.length > 80) refuse('name', 'Give the site a name of 1 to 80 characters.');
  const network = parseNetwork(input.cidr);
  if (!network) refuse('cidr', 'Write an IPv4 or IPv6 network such as 10.20.0.0/16 or 2001:db8::/32.');
  const country = input.country.trim().toUpperCase();
  if (!isCountry(country)) refuse('country', 'Write a country as its two letters in ISO 3166-1, such as CH.');
  if (!/^[A-Za-z]/.test(input.timeZone) || !isTimeZone(input.timeZone))
    refuse('timeZone', 'Write a time zone of the IANA list, such as Europe/Zurich.');
  if (!within(input.latitude, 90)) refuse('latitude', 'The latitude lies between -90 and 90 degrees.');
  if (!within(input.longitude, 180)) refuse('longitude', 'The longitude lies between -180 and 180 degrees.');

  if (network === undefined || details.length > 0) {
    throw new Problem('INVALID_REQUEST', details.map(({ message }) => message).join(' '), { details });
  }
  const { latitude, longitude, timeZone } = input;
  return { name, cidr: network.cidr, country, latitude, longitude, timeZone };
}

const networks = new Map<string, ReturnType<typeof parseNetwork>>();
/** Each verification asks for all networks of an organization: what is read once is kept. */
function networkOf(cidr: string) {
  const known = networks.get(cidr);
  if (known) return known;
  if (networks.size >= 10_000) networks.clear();
  const network = parseNetwork(cidr);
  networks.set(cidr, network);
  return network;
}

/** The site with the narrowest network that contains the address; the oldest of equally narrow ones. */
export function narrowestSite(sites: readonly Site[], address: string): Site | undefined {
  let narrowest: { site: Site; bits: number } | undefined;
  for (const site of sites) {
    const network = networkOf(site.cidr);
    if (!network?.holds(address)) continue;
    if (narrowest === undefined || network.bits > narrowest.bits) narrowest = { site, bits: network.bits };
  }
  return narrowest?.site;
}

/** Regions that CLDR names though ISO 3166-1 assigns them to no country. */
const notCountries = new Set('AC CP CQ DG EA EU EZ IC QO TA UN XA XB ZZ'.split(' '));

function isCountry(code: string): boolean {
  if (!/^[A-Z]{2}$/.test(code) || notCountries.has(code)) return false;
  // CLDR replaces withdrawn codes by their successors: "DD" by "DE".
  if (new Intl.Locale(`und-${code}`).region !== code) return false;
  return new Intl.DisplayNames('en', { type: 'region', fallback: 'none' }).of(code) !== undefined;
}

const within = (degrees: number, most: number) => Number.isFinite(degrees) && Math.abs(degrees) <= most;

/** Throws CONFLICT for an organization that was erased: its log and receipts stay, and nothing is made in it any more. */
export function refuseErased({ id, erasedAt }: { id: string; erasedAt?: number | undefined }): void {
  if (erasedAt === undefined) return;
  throw new Problem(
    'CONFLICT',
    `The organization ${id} was erased on ${new Date(erasedAt).toISOString().slice(0, 10)}: make a new one with “gatehouse org create”.`,
  );
}

/** Versions of the consent text, and names, that the row of an organization can have before they are counted by the day. */
const MOST_VERSIONS = 200;
const DAY = 24 * 60 * 60 * 1000;

/** What was agreed to stays, and every request of the organization reads its row: beyond MOST_VERSIONS one a day, but on the box. Throws CONFLICT. */
export function refuseTooMany(
  { is }: Actor,
  {
    count,
    last,
    now,
    has,
    onBox = '',
  }: { count: number; last: number | undefined; now: number; has: string; onBox?: string },
): void {
  if (is === 'operator' || count < MOST_VERSIONS || last === undefined || now - last >= DAY) return;
  throw new Problem(
    'CONFLICT',
    `The organization ${has} ${count} times, so it can do so once a day: try again after ${new Date(last + DAY).toISOString()}${onBox}.`,
  );
}

/** What stands on a page that asks a person for something. */
export interface Branding {
  name: string;
  /** A PNG as a data URL. */
  logo?: string;
  /** As `Logo.ink`. */
  logoInk?: 'dark' | 'light';
  /** `#rrggbb`, behind the first letter of the name where there is no logo. */
  color?: string;
  /** For a browser that asks for none of the page's languages. */
  language?: ConsentLanguage;
}

export const factsOf = ({ png, width, height, ink }: Logo): LogoFacts => ({
  width,
  height,
  ...defined({ ink }),
  sha256: createHash('sha256').update(png).digest('hex'),
});

export const brandingOf = (
  { name, color, consentLanguage, logo }: Pick<Organization, 'name' | 'color' | 'consentLanguage' | 'logo'>,
  png: Uint8Array | undefined,
): Branding => ({
  name,
  ...defined({ color, language: consentLanguage }),
  ...(png && {
    logo: `data:image/png;base64,${Buffer.from(png).toString('base64')}`,
    ...defined({ logoInk: logo?.ink }),
  }),
});

/** In lower case. Throws INVALID_REQUEST. */
export function checkColor(text: string): string {
  if (/^#[0-9a-f]{6}$/i.test(text)) return text.toLowerCase();
  const message = 'Write the color as #rrggbb, such as #1f4e3d.';
  throw new Problem('INVALID_REQUEST', message, { details: [{ path: 'color', message }] });
}
