import { z } from 'zod';
import { builtInProfiles, HoldsFor, type Profile, type ProfileVersion } from '../../engine/matching/index.ts';
import type { Checks } from '../../engine/verification/index.ts';
import type { OrganizationId } from '../../lib/id.ts';
import { actor, altered, time } from '../../lib/record-fields.ts';
import { listRoute } from './lists.ts';
import { byManagers, byReaders } from './may-call.ts';
import { AnyProfile, Definition, OwnProfile, slug } from './profile-fields.ts';
import {
  type CheckRouteDeps,
  checkRoutes,
  type PreviewRouteDeps,
  previewRoutes,
} from './profile-previews.ts';
import { type AdminRoute, route } from './route.ts';

const profileExample = {
  ...builtInProfiles[0]!,
  rates: { holdsFor: 'every-group' as const, notByGroups: [] },
};

const ProfileReply = z
  .object({
    id: z.string().describe('`builtin:<slug>`, or the id of this version'),
    slug: z.string().describe('Name in requests'),
    version: z.int().describe('Its newest version'),
    builtIn: z.boolean().describe('Whether it is built in'),
    altered,
    replacesBuiltIn: z
      .literal(true)
      .optional()
      .describe('Whether it takes the place of the built-in profile of this slug'),
    definition: Definition,
    rates: z
      .strictObject({
        holdsFor: HoldsFor,
        notByGroups: z
          .array(z.string())
          .describe(
            'Scorers in use that were not measured by groups: because of them the rates hold for the average, although the profile asks for every group',
          ),
        superseded: z
          .strictObject({
            scorers: z.array(z.string()).describe('Names of the scorers'),
            falseMatchRate: z.number().describe('1:1 rate that they hold on average'),
            falseIdentificationRate: z.number().describe('1:N rate that they hold on average'),
          })
          .optional()
          .describe(
            'Where the profile asks for every group: superseded scorers that still compare people who have no other templates, at a tenth of the rates on average',
          ),
      })
      .describe('Groups for which the error rates hold, with the models in use'),
  })
  .meta({ id: 'Profile', description: 'A verification profile.', examples: [profileExample] });

const ProfileChange = z.strictObject({
  replaces: z.coerce
    .number()
    .int()
    .min(0)
    .max(1_000_000_000)
    .optional()
    .describe(
      'Version that the change is based on, 0: none; 409 where another version is in use. Absent: no check',
    ),
});

const ProfileResetReply = z
  .strictObject({ builtIn: ProfileReply.optional().describe('The built-in profile in force') })
  .meta({ id: 'ProfileReset', description: 'The profile in force after a reset.', examples: [{}] });

const version = z.coerce.number().int().min(1).max(1_000_000_000);

const VersionParams = z.strictObject({
  slug: slug.describe('Slug of the profile'),
  version: version.describe('Number of the version'),
});

const ProfileVersionReply = ProfileReply.omit({ rates: true })
  .extend({
    createdAt: time('Time of the change'),
    createdBy: actor,
    restoredFrom: z.int().optional().describe('The version that this one restored'),
    removedAt: time(
      'Time when it was archived with all others of its slug; past verifications may refer to it',
    ).optional(),
    removedBy: actor.optional(),
  })
  .meta({
    id: 'ProfileVersion',
    description: 'One stored change of a profile.',
    examples: [
      {
        ...builtInProfiles[0]!,
        id: 'prof_01m7w3hb8hbf355he5zqwjztdk',
        builtIn: false,
        version: 3,
        createdAt: '2026-11-20T12:00:00.000Z',
        createdBy: 'operator:ada',
      },
    ],
  });

const shown = <Found extends Profile>(profile: Found) => ({
  ...profile,
  replacesBuiltIn:
    !profile.builtIn && builtInProfiles.some(({ slug }) => slug === profile.slug)
      ? (true as const)
      : undefined,
});

const shownVersion = (version: ProfileVersion) => ({
  ...shown(version),
  removedAt: version.removed?.at,
  removedBy: version.removed?.by,
});

export interface ProfileRouteDeps extends VersionRouteDeps, PreviewRouteDeps, CheckRouteDeps {
  checks: Pick<Checks, 'pageProfiles' | 'getProfile' | 'setProfile' | 'resetProfile' | 'ratesHoldFor'> &
    VersionRouteDeps['checks'] &
    PreviewRouteDeps['checks'] &
    CheckRouteDeps['checks'];
}

const about = {
  tag: 'profiles',
  within: 'organization',
  keyRefusal: 'No API key may see or change profiles: on the box run "gatehouse profile".',
} as const;

/** Verification profiles: those that come with the product, and those of the organization. */
export function profileRoutes(deps: ProfileRouteDeps): AdminRoute[] {
  const { checks } = deps;
  const replyOf = (organization: OrganizationId, profile: Profile) => ({
    ...shown(profile),
    rates: checks.ratesHoldFor(organization, profile),
  });
  return [
    listRoute({
      ...about,
      url: '/profiles',
      operationId: 'listProfiles',
      effect: 'none',
      summary: 'List profiles',
      description: 'Built-in ones that the organization has not replaced, then its own by slug.',
      may: byReaders,
      item: ProfileReply,
      items: 'Built-in profiles that the organization has not replaced, then its own by slug',
      page: 'ProfilePage',
      key: z.string().max(80),
      keyOf: ({ builtIn, id, slug }) => (builtIn ? id : slug),
      rows: async ({ organization }, { before: after, limit }) =>
        (await checks.pageProfiles(organization, { after, limit })).map((one) => replyOf(organization, one)),
    }),
    route('GET /profiles/:slug', {
      ...about,
      operationId: 'getProfile',
      effect: 'none',
      summary: 'Show a profile',
      description:
        'Its newest version. A profile of the organization replaces a built-in one with the same slug.',
      may: byReaders,
      params: AnyProfile,
      reply: ProfileReply,
      refuses: ['NOT_FOUND', 'PROFILE_NOT_FOUND'],
      handle: async ({ organization, params: { slug } }) =>
        replyOf(organization, await checks.getProfile(organization, slug)),
    }),
    route('PUT /profiles/:slug', {
      ...about,
      operationId: 'setProfile',
      effect: 'weakens-protection',
      summary: 'Create the next version of a profile',
      description: 'With the slug of a built-in profile it replaces that profile for this organization.',
      may: byManagers,
      params: OwnProfile,
      query: ProfileChange,
      body: Definition,
      reply: ProfileReply,
      refuses: ['NOT_FOUND', 'CONFLICT', 'STORAGE_FULL'],
      handle: async ({ organization, params: { slug }, query: { replaces }, body, who }) =>
        replyOf(organization, await checks.setProfile(organization, slug, body, who, replaces)),
    }),
    route('DELETE /profiles/:slug', {
      ...about,
      operationId: 'resetProfile',
      effect: 'weakens-protection',
      summary: 'Reset a profile',
      description:
        'Archives the versions of the organization; the built-in profile with that slug applies again.',
      may: byManagers,
      params: OwnProfile,
      reply: ProfileResetReply,
      refuses: ['NOT_FOUND', 'PROFILE_NOT_FOUND', 'STORAGE_FULL'],
      async handle({ organization, params: { slug }, who }) {
        const builtIn = await checks.resetProfile(organization, slug, who);
        return { builtIn: builtIn && replyOf(organization, builtIn) };
      },
    }),
    ...versionRoutes(deps),
    ...previewRoutes(deps),
    ...checkRoutes(deps),
  ];
}

export interface VersionRouteDeps {
  checks: Pick<Checks, 'pageProfileVersions' | 'getProfileVersion' | 'restoreProfile' | 'ratesHoldFor'>;
}

/** Every stored change of the organization's own profiles. */
const versionRoutes = ({ checks }: VersionRouteDeps): AdminRoute[] => [
  listRoute({
    ...about,
    url: '/profiles/:slug/versions',
    operationId: 'listProfileVersions',
    effect: 'none',
    summary: 'List the versions of a profile',
    description:
      'All stored versions with author and time, also archived ones. Empty for a built-in profile that was never changed.',
    may: byReaders,
    params: OwnProfile,
    refuses: ['NOT_FOUND'],
    item: ProfileVersionReply,
    items: 'Stored changes, the newest first; also those that were put away',
    page: 'ProfileVersionPage',
    key: z.int(),
    keyOf: ({ version }) => version,
    rows: async ({ organization, params: { slug } }, part) =>
      (await checks.pageProfileVersions(organization, slug, part)).map(shownVersion),
  }),
  route('GET /profiles/:slug/versions/:version', {
    ...about,
    operationId: 'getProfileVersion',
    effect: 'none',
    summary: 'Show a version of a profile',
    description: 'Its settings, author and time.',
    may: byReaders,
    params: VersionParams,
    reply: ProfileVersionReply,
    refuses: ['NOT_FOUND', 'PROFILE_NOT_FOUND'],
    handle: async ({ organization, params: { slug, version } }) =>
      shownVersion(await checks.getProfileVersion(organization, slug, version)),
  }),
  route('POST /profiles/:slug/versions/:version/restore', {
    ...about,
    operationId: 'restoreProfileVersion',
    effect: 'weakens-protection',
    summary: 'Restore a version of a profile',
    description: 'Creates the next version with the settings of an old one; nothing is deleted.',
    may: byManagers,
    params: VersionParams,
    reply: ProfileReply,
    refuses: ['NOT_FOUND', 'PROFILE_NOT_FOUND', 'CONFLICT', 'STORAGE_FULL'],
    async handle({ organization, params: { slug, version }, who }) {
      const restored = await checks.restoreProfile(organization, slug, version, who);
      return { ...shown(restored), rates: checks.ratesHoldFor(organization, restored) };
    },
  }),
];
