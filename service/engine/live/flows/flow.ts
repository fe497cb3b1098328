import { z } from 'zod';
import type { FlowId, OrganizationId } from '../../../lib/id.ts';
import { Problem, type ProblemDetail } from '../../../lib/problem.ts';

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
  /** What is stored of the draft cannot be read; `draft` is what is published, or a first one. */
  draftLost?: true;
  /** The version that visitors see. */
  published?: { definition: FlowDefinition; at: number; by: string };
  createdAt: number;
  createdBy: string;
  changedAt: number;
  changedBy: string;
}

/** What an organization allows: `app.example.com`, `http://10.0.0.5:8080` (plain HTTP, exactly so), or a scheme of its own (`myapp:`). */
const HOST = /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*(:\d{1,5})?$/;
const SCHEME = /^[a-z][a-z0-9+.-]{1,31}:$/;
/** Schemes that run or read something instead of leading back to an app. */
const NEVER = [
  'javascript:',
  'data:',
  'file:',
  'vbscript:',
  'blob:',
  'about:',
  'ftp:',
  'ws:',
  'wss:',
  'view-source:',
  // These carry another address in them.
  'intent:',
  'filesystem:',
  'jar:',
];
/** An authority that every parser reads alike: no user, no escapes, no letters beyond ASCII, exactly two slashes before it. 1: the host. */
const PLAIN_AUTHORITY = /^https?:\/\/([a-z0-9.-]+|\[[0-9a-f:.]+\])(:\d{1,5})?([/?#]|$)/i;
const LONGEST = 2_048;

/** In the form in which targets are compared and kept. Throws INVALID_REQUEST. */
export function readRedirectTarget(text: string): string {
  const target = text.trim().toLowerCase();
  if (SCHEME.test(target) && !NEVER.includes(target) && target !== 'https:' && target !== 'http:')
    return target;
  if (HOST.test(target)) return target;
  const url = target.startsWith('http://') ? URL.parse(target) : null;
  if (url !== null && url.origin === target && isLocal(url.hostname)) return target;
  throw new Problem(
    'INVALID_REQUEST',
    `“${text}” is no target: name a host (app.example.com), a plain HTTP origin of the own network (http://10.0.0.5:8080) or a scheme of an app (myapp:).`,
    { details: [{ path: 'redirectTargets', message: `“${text}” is no host, local origin or scheme.` }] },
  );
}

/** Why a flow must not lead to this URL; undefined where it may. */
export function redirectRefusal(text: string, allowed: readonly string[]): string | undefined {
  if (text.length > LONGEST) return `A URL has at most ${LONGEST} characters.`;
  if (/[\p{Cc}\p{Cf}\p{Z}\p{Cs}\\]/u.test(text))
    return 'A URL has no spaces, invisible characters or backslashes.';
  const url = URL.parse(text);
  if (url === null) return 'It is no URL.';
  if (NEVER.includes(url.protocol)) return `${url.protocol} is never allowed.`;
  if (url.username !== '' || url.password !== '') return 'A URL holds no user or password.';
  // A host that is read as another one than it is written (10.0.5, 012.0.0.5) is read otherwise by other parsers.
  if (/^https?:$/.test(url.protocol) && PLAIN_AUTHORITY.exec(text)?.[1]?.toLowerCase() !== url.hostname)
    return 'Write the host in plain ASCII after “//” (an international name as xn--…), without escapes or “@”.';
  if (url.protocol === 'https:') return allowed.includes(url.host) ? undefined : notAllowed(url.host);
  if (url.protocol === 'http:') return allowed.includes(url.origin) ? undefined : notAllowed(url.origin);
  return allowed.includes(url.protocol) ? undefined : notAllowed(url.protocol);
}

/** Where a page leads at its end. */
export interface Redirects {
  success?: string | undefined;
  failure?: string | undefined;
}

/** Redirects that the organization does not allow, by field. */
export const redirectProblems = (redirects: Redirects, allowed: readonly string[]): ProblemDetail[] =>
  Object.entries(redirects).flatMap(([name, url]: [string, string | undefined]) => {
    const message = url === undefined ? undefined : redirectRefusal(url, allowed);
    return message === undefined ? [] : [{ path: `redirects.${name}`, message }];
  });

/** Without those that the organization does not allow any more: the person stays on the page then. */
export const allowedRedirects = (
  redirects: Redirects,
  allowed: readonly string[] = [],
): { success?: string; failure?: string } =>
  Object.fromEntries(
    Object.entries(redirects).filter(
      (entry): entry is [string, string] =>
        entry[1] !== undefined && redirectRefusal(entry[1], allowed) === undefined,
    ),
  );

const notAllowed = (what: string) =>
  `The organization does not allow ${what}: add it to its redirect targets.`;

/** A name or an address that leaves no local network. */
const isLocal = (host: string): boolean =>
  host === 'localhost' ||
  /\.(local|lan|internal|home\.arpa)$/.test(host) ||
  !host.includes('.') ||
  /^(127|10)\.|^192\.168\.|^172\.(1[6-9]|2\d|3[01])\.|^169\.254\./.test(host);
