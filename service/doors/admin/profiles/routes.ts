import type { Profile } from '../../../engine/profiles/index.ts';
import type { Checks } from '../../../engine/verification/index.ts';
import { toPage } from '../../../http/cursor.ts';
import { defined } from '../../../lib/defined.ts';
import type { OrganizationId } from '../../../lib/id.ts';
import { managers, readers } from '../may-call.ts';
import { type AdminRoute, route } from '../route.ts';
import { type CheckRouteDeps, checkRoutes } from './check-routes.ts';
import { type PreviewRouteDeps, previewRoutes } from './preview-routes.ts';
import { fromProfile } from './translate.ts';
import { type VersionRouteDeps, versionRoutes } from './version-routes.ts';
import {
  AnyProfile,
  Definition,
  OwnProfile,
  ProfileChange,
  ProfilePage,
  ProfileQuery,
  ProfileReply,
  ProfileResetReply,
} from './wire.ts';

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
const looking = { operator: true, administrator: readers, key: false } as const;
const changing = { operator: true, administrator: managers, key: false } as const;

/** Verification profiles: those that come with the product, and those of the organization. */
export function profileRoutes(deps: ProfileRouteDeps): AdminRoute[] {
  const { checks } = deps;
  const replyOf = (organization: OrganizationId, profile: Profile) =>
    fromProfile(profile, checks.ratesHoldFor(organization, profile));
  return [
    route({
      ...about,
      method: 'GET',
      url: '/profiles',
      operationId: 'listProfiles',
      effect: 'none',
      summary: 'List profiles',
      description: 'Built-in ones that the organization has not replaced, then its own by slug.',
      may: looking,
      query: ProfileQuery,
      reply: ProfilePage,
      async handle({ organization, query: { limit, cursor } }) {
        const page = defined({ after: cursor, limit: limit + 1 });
        const found = (await checks.pageProfiles(organization, page)).map((one) =>
          replyOf(organization, one),
        );
        return toPage(found, limit, ({ builtIn, id, slug }) => (builtIn ? id : slug));
      },
    }),
    route({
      ...about,
      method: 'GET',
      url: '/profiles/:slug',
      operationId: 'getProfile',
      effect: 'none',
      summary: 'Show a profile',
      description:
        'Its newest version. A profile of the organization replaces a built-in one with the same slug.',
      may: looking,
      params: AnyProfile,
      reply: ProfileReply,
      refuses: ['NOT_FOUND', 'PROFILE_NOT_FOUND'],
      handle: async ({ organization, params: { slug } }) =>
        replyOf(organization, await checks.getProfile(organization, slug)),
    }),
    route({
      ...about,
      method: 'PUT',
      url: '/profiles/:slug',
      operationId: 'setProfile',
      effect: 'weakens-protection',
      summary: 'Create the next version of a profile',
      description: 'With the slug of a built-in profile it replaces that profile for this organization.',
      may: changing,
      params: OwnProfile,
      query: ProfileChange,
      body: Definition,
      reply: ProfileReply,
      refuses: ['NOT_FOUND', 'CONFLICT', 'STORAGE_FULL'],
      handle: async ({ organization, params: { slug }, query: { replaces }, body, who }) =>
        replyOf(organization, await checks.setProfile(organization, slug, body, who, replaces)),
    }),
    route({
      ...about,
      method: 'DELETE',
      url: '/profiles/:slug',
      operationId: 'resetProfile',
      effect: 'weakens-protection',
      summary: 'Reset a profile',
      description:
        'Archives the versions of the organization; the built-in profile with that slug applies again.',
      may: changing,
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
