import { z } from 'zod';
import {
  type Logo,
  NewSite,
  Organization,
  type Organizations,
  OWN_PROFILES,
  Site,
} from '../../engine/accounts/index.ts';
import { readRedirectTarget } from '../../engine/live/index.ts';
import {
  FEWEST_PEOPLE,
  GalleryCalibration,
  type GalleryCalibrations,
  OwnGallery,
} from '../../engine/matching/index.ts';
import type { Checks } from '../../engine/verification/index.ts';
import { defined } from '../../lib/defined.ts';
import type { OrganizationId } from '../../lib/id.ts';
import { Problem } from '../../lib/problem.ts';
import { inEnv } from '../../lib/record-fields.ts';
import { lineOfText } from '../../lib/text-fields.ts';
import { idOf, paramsOf } from './ids.ts';
import { listRoute } from './lists.ts';
import { byManagers, byOperators, byReaders, managers, ofAppliance } from './may-call.ts';
import { type SecretRouteDeps, secretRoutes } from './organization-secrets.ts';
import { namesSome } from './request-fields.ts';
import { type AdminRoute, route } from './route.ts';

const name = lineOfText(120).describe('Name, unique on the box');
const signInNotice = z.string().trim().min(1).max(4000);

const NewOrganization = z
  .strictObject({ name })
  .meta({ id: 'NewOrganization', examples: [{ name: 'Museum of Bern' }] });

const { matchOnly, uniquenessPolicy, consentPolicy, redirectTargets, setupSteps } = Organization.shape;

const OrganizationChange = z
  .strictObject({
    name: name.optional(),
    matchOnly: matchOnly.optional(),
    uniquenessPolicy: uniquenessPolicy.optional(),
    consentPolicy: consentPolicy.optional(),
    allowedProfiles: z
      .array(z.string().min(1).max(63))
      .max(100)
      .min(1)
      .nullish()
      .describe(`Slugs of the only profiles that callers may name; null: ${OWN_PROFILES}`),
    twoPersonReview: z.boolean().optional().describe('Whether two administrators have to agree on a review'),
    redirectTargets,
    signInNotice: signInNotice.nullish().describe('Notice shown before sign-in; null: none'),
    setupSteps,
    consentLanguage: Organization.shape.consentLanguage
      .unwrap()
      .nullish()
      .describe('Language in which the consent text is shown first; null: that of the reader'),
    color: Organization.shape.color
      .unwrap()
      .nullish()
      .describe('Color of the pages of people who are verified, `#rrggbb`; null: none'),
  })
  .refine(namesSome, 'Name at least one setting.')
  .meta({ id: 'OrganizationChange', examples: [{ uniquenessPolicy: 'warn' }] });

/** A few at most, one for each world, scorer and table: no pages. */
const CalibrationsReply = z
  .strictObject({
    items: z.array(GalleryCalibration).describe('What was measured, for each world, scorer and table'),
    galleries: z.array(OwnGallery).describe('Every gallery, measured or not'),
  })
  .meta({ id: 'GalleryCalibrations', description: 'Every gallery of the organization.', examples: [] });

/** The `request` part beside the file. */
const LogoRequest = z
  .strictObject({})
  .meta({ id: 'OrganizationLogoUpload', description: 'No fields besides the file.', examples: [{}] });

const LogoReply = z
  .strictObject({
    image: z.string().describe('PNG as a data URL'),
    width: z.int().describe('Pixels'),
    height: z.int().describe('Pixels'),
  })
  .meta({
    id: 'OrganizationLogo',
    description: 'The logo as it is kept: its pixels alone.',
    examples: [{ image: 'data:image/png;base64,iVBORw0KGgo…', width: 240, height: 84 }],
  });

export interface OrganizationRouteDeps extends SecretRouteDeps {
  organizations: Pick<
    Organizations,
    'page' | 'create' | 'get' | 'hasPeople' | 'set' | 'setLogo' | 'brandingOf'
  >;
  /** A logo of the bytes of a file. */
  readLogo(file: Uint8Array): Promise<Logo>;
  checks: Pick<Checks, 'getProfile'>;
  calibrations: Pick<GalleryCalibrations, 'list' | 'galleries' | 'measure'>;
}

/** Settings that protect nothing. */
const brandingAndSteps = new Set(['color', 'consentLanguage', 'setupSteps']);

/** Bytes of an upload; those of a logo are fewer, and refused with what to do. */
const LOGO_UPLOAD = 1_000_000;

const ofBox = {
  tag: 'organizations',
  within: 'appliance',
  may: ofAppliance,
} as const;
const ofOne = {
  tag: 'organizations',
  within: 'organization',
  keyRefusal: 'No API key may see or change the organization: on the box run "gatehouse org".',
} as const;

/** The organizations of the box, for the operator; and the one that a request acts in, below `/organization`. */
export function organizationRoutes(deps: OrganizationRouteDeps): AdminRoute[] {
  const { organizations, checks } = deps;
  return [
    listRoute({
      ...ofBox,
      url: '/organizations',
      operationId: 'listOrganizations',
      effect: 'none',
      summary: 'List organizations',
      description: 'All organizations of the box, also erased ones.',
      item: Organization,
      items: 'Organizations, the newest first',
      page: 'OrganizationPage',
      key: idOf('organization'),
      rows: (_, part) => organizations.page(part),
    }),
    route('POST /organizations', {
      ...ofBox,
      operationId: 'createOrganization',
      effect: 'none',
      summary: 'Create an organization',
      description: 'The new organization has no API key yet.',
      body: NewOrganization,
      status: 201,
      reply: Organization,
      refuses: ['CONFLICT', 'STORAGE_FULL'],
      handle: ({ body, who }) => organizations.create(body, who),
    }),
    route('GET /organization', {
      ...ofOne,
      operationId: 'getOrganization',
      effect: 'none',
      summary: 'Show the organization',
      description: 'The organization that the request acts in, and its settings.',
      may: byReaders,
      reply: Organization,
      refuses: ['NOT_FOUND'],
      handle: ({ organization }) => organizations.get(organization),
    }),
    route('PATCH /organization', {
      ...ofOne,
      operationId: 'changeOrganization',
      effect: 'weakens-protection',
      summary: 'Change the organization',
      description: 'Fields that are not sent stay unchanged.',
      may: { operator: true, administrator: managers, key: false, beforeFactor: true },
      async harmless({ organization, body }) {
        const others = Object.keys(body).filter((field) => !brandingAndSteps.has(field));
        if (others.some((field) => field !== 'name')) return false;
        const { name } = await organizations.get(organization);
        return (
          body.name === undefined || body.name === name || !(await organizations.hasPeople(organization))
        );
      },
      // Setup says in it which of its steps was put off, the second factor among them.
      beforeFactor: ({ body }) => Object.keys(body).every((field) => field === 'setupSteps'),
      body: OrganizationChange,
      reply: Organization,
      refuses: ['NOT_FOUND', 'CONFLICT', 'PROFILE_NOT_FOUND', 'STORAGE_FULL'],
      async handle({ organization, body, who }) {
        for (const slug of body.allowedProfiles ?? []) await checks.getProfile(organization, slug);
        const redirectTargets = body.redirectTargets?.map(readRedirectTarget);
        return organizations.set(organization, defined({ ...body, redirectTargets }), who);
      },
    }),
    ...logoRoutes(deps),
    ...calibrationRoutes(deps.calibrations),
    ...secretRoutes(deps),
  ];
}

/** Kept as pixels alone: what a file says besides them never reaches a page. */
function logoRoutes({ organizations, readLogo }: OrganizationRouteDeps): AdminRoute[] {
  return [
    route('GET /organization/logo', {
      ...ofOne,
      operationId: 'getOrganizationLogo',
      effect: 'none',
      summary: 'Show the logo',
      description: 'As it stands on the pages of people who are verified.',
      may: byReaders,
      reply: LogoReply,
      refuses: ['NOT_FOUND'],
      async handle({ organization }) {
        const { logo } = await organizations.get(organization);
        const { logo: image } = await organizations.brandingOf(organization);
        if (!logo || image === undefined) throw new Problem('NOT_FOUND', 'The organization has no logo.');
        return { image, width: logo.width, height: logo.height };
      },
    }),
    route('PUT /organization/logo', {
      ...ofOne,
      operationId: 'setOrganizationLogo',
      effect: 'none',
      summary: 'Set the logo',
      description:
        'PNG, JPEG or WebP of at most 64 kB and 4 megapixels; no SVG. Only its pixels are kept, as a PNG of at most 240 by 84. A transparent one is laid on white or on dark, whichever it is easier to see on.',
      may: byManagers,
      body: LogoRequest,
      upload: { most: LOGO_UPLOAD },
      reply: Organization,
      refuses: [
        ...(['IMAGE_FORMAT_UNSUPPORTED', 'IMAGE_TOO_LARGE', 'IMAGE_UNREADABLE'] as const),
        ...(['NOT_FOUND', 'CONFLICT', 'STORAGE_FULL'] as const),
      ],
      handle: async ({ organization, file, who }) =>
        organizations.setLogo(organization, await readLogo(file), who),
    }),
    route('DELETE /organization/logo', {
      ...ofOne,
      operationId: 'removeOrganizationLogo',
      effect: 'none',
      summary: 'Remove the logo',
      description: 'Pages show the first letter of the name again.',
      may: byManagers,
      reply: Organization,
      refuses: ['NOT_FOUND', 'STORAGE_FULL'],
      handle: ({ organization, who }) => organizations.setLogo(organization, null, who),
    }),
  ];
}

const measured = (calibrations: OrganizationRouteDeps['calibrations'], organization: OrganizationId) => ({
  items: calibrations.list(organization).map(inEnv),
  galleries: calibrations.galleries(organization).map((one) => ({ ...inEnv(one), fewest: FEWEST_PEOPLE })),
});

/** What the galleries of the organization raise thresholds by. */
function calibrationRoutes(calibrations: OrganizationRouteDeps['calibrations']): AdminRoute[] {
  return [
    route('GET /organization/calibrations', {
      ...ofOne,
      operationId: 'listGalleryCalibrations',
      effect: 'none',
      summary: 'Show the gallery calibration',
      description: 'The last measurement, and which galleries were not measured.',
      may: byReaders,
      reply: CalibrationsReply,
      refuses: ['NOT_FOUND'],
      handle: ({ organization }) => measured(calibrations, organization),
    }),
    route('POST /organization/calibrations', {
      ...ofOne,
      operationId: 'calibrateGalleries',
      effect: 'none',
      summary: 'Measure the gallery calibration now',
      description:
        'Compares the enrolled people with one another and raises thresholds if more pairs of different people are similar than the calibration of the scorer states. Galleries with fewer than 30 people are skipped.',
      may: byOperators,
      lasting: 'followed',
      reply: CalibrationsReply,
      refuses: ['NOT_FOUND', 'STORAGE_FULL'],
      async handle({ organization, who }) {
        await calibrations.measure(organization, who);
        return measured(calibrations, organization);
      },
    }),
  ];
}

interface SiteRouteDeps {
  organizations: Pick<Organizations, 'pageSites' | 'addSite' | 'removeSite'>;
}

const about = {
  tag: 'organizations',
  within: 'organization',
  keyRefusal: 'No API key may see or change sites: on the box run "gatehouse site".',
} as const;

/** Places of an organization, known by their network: what the location checks use. */
export const siteRoutes = ({ organizations }: SiteRouteDeps): AdminRoute[] => [
  listRoute({
    ...about,
    url: '/sites',
    operationId: 'listSites',
    effect: 'none',
    summary: 'List sites',
    description: 'The sites of the organization, identified by their network.',
    may: byReaders,
    item: Site,
    items: 'Sites, the newest first',
    page: 'SitePage',
    key: idOf('site'),
    rows: ({ organization }, part) => organizations.pageSites(organization, part),
  }),
  route('POST /sites', {
    ...about,
    operationId: 'addSite',
    effect: 'weakens-protection',
    summary: 'Add a site',
    description:
      'Assigns a place to the requests of a network. If several networks match, the narrowest applies. An organization has 1,000 sites at most.',
    may: byManagers,
    body: NewSite,
    status: 201,
    reply: Site,
    refuses: ['NOT_FOUND', 'CONFLICT', 'STORAGE_FULL'],
    handle: ({ organization, body, who }) => organizations.addSite(organization, body, who),
  }),
  route('DELETE /sites/:id', {
    ...about,
    operationId: 'removeSite',
    effect: 'weakens-protection',
    summary: 'Remove a site',
    description: 'Requests of its network have no site from then on.',
    may: byManagers,
    params: paramsOf('site'),
    refuses: ['NOT_FOUND', 'STORAGE_FULL'],
    handle: ({ organization, params: { id }, who }) => organizations.removeSite(organization, id, who),
  }),
];
