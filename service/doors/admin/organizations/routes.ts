import { readRedirectTarget } from '../../../engine/flows/index.ts';
import type { GalleryCalibrations } from '../../../engine/gallery-calibration/index.ts';
import type { Logo, Organizations } from '../../../engine/organizations/index.ts';
import type { Checks } from '../../../engine/verification/index.ts';
import { toPage } from '../../../http/cursor.ts';
import { defined } from '../../../lib/defined.ts';
import { Problem } from '../../../lib/problem.ts';
import { managers, ofAppliance, operators, readers } from '../may-call.ts';
import { type AdminRoute, route } from '../route.ts';
import { type SecretRouteDeps, secretRoutes } from './secret-routes.ts';
import { fromCalibrations, fromOrganization } from './translate.ts';
import {
  CalibrationsReply,
  LogoReply,
  LogoRequest,
  NewOrganization,
  OrganizationChange,
  OrganizationPage,
  OrganizationQuery,
  OrganizationReply,
} from './wire.ts';

export interface OrganizationRouteDeps extends SecretRouteDeps {
  organizations: Pick<Organizations, 'page' | 'create' | 'get' | 'set' | 'setLogo' | 'lookOf'>;
  /** A logo of the bytes of a file. */
  readLogo(file: Uint8Array): Promise<Logo>;
  checks: Pick<Checks, 'getProfile'>;
  calibrations: Pick<GalleryCalibrations, 'list' | 'galleries' | 'measure'>;
}

/** Settings that protect nothing. */
const lookAndSteps = new Set(['name', 'color', 'consentLanguage', 'setupSteps']);

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
const looking = { operator: true, administrator: readers, key: false } as const;

/** The organizations of the box, for the operator; and the one that a request acts in, below `/organization`. */
export function organizationRoutes(deps: OrganizationRouteDeps): AdminRoute[] {
  const { organizations, checks } = deps;
  return [
    route({
      ...ofBox,
      method: 'GET',
      url: '/organizations',
      operationId: 'listOrganizations',
      effect: 'none',
      summary: 'List organizations',
      description: 'All organizations of the box, also erased ones.',
      query: OrganizationQuery,
      reply: OrganizationPage,
      async handle({ query: { limit, cursor } }) {
        const found = await organizations.page(defined({ before: cursor, limit: limit + 1 }));
        return toPage(found.map(fromOrganization), limit, ({ id }) => id);
      },
    }),
    route({
      ...ofBox,
      method: 'POST',
      url: '/organizations',
      operationId: 'createOrganization',
      effect: 'none',
      summary: 'Create an organization',
      description: 'The new organization has no API key yet.',
      body: NewOrganization,
      status: 201,
      reply: OrganizationReply,
      refuses: ['CONFLICT', 'STORAGE_FULL'],
      handle: async ({ body, who }) => fromOrganization(await organizations.create(body, who)),
    }),
    route({
      ...ofOne,
      method: 'GET',
      url: '/organization',
      operationId: 'getOrganization',
      effect: 'none',
      summary: 'Show the organization',
      description: 'The organization that the request acts in, and its settings.',
      may: looking,
      reply: OrganizationReply,
      refuses: ['NOT_FOUND'],
      handle: async ({ organization }) => fromOrganization(await organizations.get(organization)),
    }),
    route({
      ...ofOne,
      method: 'PATCH',
      url: '/organization',
      operationId: 'changeOrganization',
      effect: 'weakens-protection',
      summary: 'Change the organization',
      description: 'Fields that are not sent stay unchanged.',
      may: { operator: true, administrator: managers, key: false, beforeFactor: true },
      harmless: ({ body }) => Object.keys(body).every((field) => lookAndSteps.has(field)),
      // Setup says in it which of its steps was put off, the second factor among them.
      beforeFactor: ({ body }) => Object.keys(body).every((field) => field === 'setupSteps'),
      body: OrganizationChange,
      reply: OrganizationReply,
      refuses: ['NOT_FOUND', 'CONFLICT', 'PROFILE_NOT_FOUND', 'STORAGE_FULL'],
      async handle({ organization, body, who }) {
        for (const slug of body.allowedProfiles ?? []) await checks.getProfile(organization, slug);
        const redirectTargets = body.redirectTargets?.map(readRedirectTarget);
        const change = defined({ ...body, redirectTargets });
        return fromOrganization(await organizations.set(organization, change, who));
      },
    }),
    ...logoRoutes(deps),
    ...calibrationRoutes(deps.calibrations),
    ...secretRoutes(deps),
  ];
}

/** Kept as pixels alone: what a file says besides them never reaches a page. */
function logoRoutes({ organizations, readLogo }: OrganizationRouteDeps): AdminRoute[] {
  const changing = { operator: true, administrator: managers, key: false } as const;
  return [
    route({
      ...ofOne,
      method: 'GET',
      url: '/organization/logo',
      operationId: 'getOrganizationLogo',
      effect: 'none',
      summary: 'Show the logo',
      description: 'As it stands on the pages of people who are verified.',
      may: looking,
      reply: LogoReply,
      refuses: ['NOT_FOUND'],
      async handle({ organization }) {
        const { logo } = await organizations.get(organization);
        const { logo: image } = await organizations.lookOf(organization);
        if (!logo || image === undefined) throw new Problem('NOT_FOUND', 'The organization has no logo.');
        return { image, width: logo.width, height: logo.height };
      },
    }),
    route({
      ...ofOne,
      method: 'PUT',
      url: '/organization/logo',
      operationId: 'setOrganizationLogo',
      effect: 'none',
      summary: 'Set the logo',
      description:
        'PNG, JPEG or WebP of at most 64 kB and 4 megapixels; no SVG. Only its pixels are kept, as a PNG of at most 240 by 84. A transparent one is laid on white or on dark, whichever it is easier to see on.',
      may: changing,
      body: LogoRequest,
      upload: { most: LOGO_UPLOAD },
      reply: OrganizationReply,
      refuses: [
        ...(['IMAGE_FORMAT_UNSUPPORTED', 'IMAGE_TOO_LARGE', 'IMAGE_UNREADABLE'] as const),
        ...(['NOT_FOUND', 'CONFLICT', 'STORAGE_FULL'] as const),
      ],
      handle: async ({ organization, file, who }) =>
        fromOrganization(await organizations.setLogo(organization, await readLogo(file), who)),
    }),
    route({
      ...ofOne,
      method: 'DELETE',
      url: '/organization/logo',
      operationId: 'removeOrganizationLogo',
      effect: 'none',
      summary: 'Remove the logo',
      description: 'Pages show the first letter of the name again.',
      may: changing,
      reply: OrganizationReply,
      refuses: ['NOT_FOUND', 'STORAGE_FULL'],
      handle: async ({ organization, who }) =>
        fromOrganization(await organizations.setLogo(organization, null, who)),
    }),
  ];
}

/** What the galleries of the organization raise thresholds by. */
function calibrationRoutes(calibrations: OrganizationRouteDeps['calibrations']): AdminRoute[] {
  return [
    route({
      ...ofOne,
      method: 'GET',
      url: '/organization/calibrations',
      operationId: 'listGalleryCalibrations',
      effect: 'none',
      summary: 'Show the gallery calibration',
      description: 'The last measurement, and which galleries were not measured.',
      may: looking,
      reply: CalibrationsReply,
      refuses: ['NOT_FOUND'],
      handle: ({ organization }) => fromCalibrations(calibrations, organization),
    }),
    route({
      ...ofOne,
      method: 'POST',
      url: '/organization/calibrations',
      operationId: 'calibrateGalleries',
      effect: 'none',
      summary: 'Measure the gallery calibration now',
      description:
        'Compares the enrolled people with one another and raises thresholds if more pairs of different people are similar than the calibration of the scorer states. Galleries with fewer than 30 people are skipped.',
      may: { operator: true, administrator: operators, key: false },
      lasting: 'followed',
      reply: CalibrationsReply,
      refuses: ['NOT_FOUND', 'STORAGE_FULL'],
      async handle({ organization, who }) {
        await calibrations.measure(organization, who);
        return fromCalibrations(calibrations, organization);
      },
    }),
  ];
}
