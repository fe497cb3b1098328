import type { Checks } from '../../../engine/verification/index.ts';
import { toPage } from '../../../http/cursor.ts';
import { defined } from '../../../lib/defined.ts';
import { managers, readers } from '../may-call.ts';
import { type AdminRoute, route } from '../route.ts';
import { fromProfile, fromVersion } from './translate.ts';
import {
  OwnProfile,
  ProfileReply,
  ProfileVersionPage,
  ProfileVersionReply,
  VersionParams,
  VersionQuery,
} from './wire.ts';

export interface VersionRouteDeps {
  checks: Pick<Checks, 'pageProfileVersions' | 'getProfileVersion' | 'restoreProfile' | 'ratesHoldFor'>;
}

const about = {
  tag: 'profiles',
  within: 'organization',
  keyRefusal: 'No API key may see or change profiles: on the box run "gatehouse profile".',
} as const;
const looking = { operator: true, administrator: readers, key: false } as const;

/** Every stored change of the organization's own profiles. */
export const versionRoutes = ({ checks }: VersionRouteDeps): AdminRoute[] => [
  route({
    ...about,
    method: 'GET',
    url: '/profiles/:slug/versions',
    operationId: 'listProfileVersions',
    effect: 'none',
    summary: 'List the versions of a profile',
    description:
      'All stored versions with author and time, also archived ones. Empty for a built-in profile that was never changed.',
    may: looking,
    params: OwnProfile,
    query: VersionQuery,
    reply: ProfileVersionPage,
    refuses: ['NOT_FOUND'],
    async handle({ organization, params: { slug }, query: { limit, cursor } }) {
      const page = defined({ before: cursor, limit: limit + 1 });
      const found = await checks.pageProfileVersions(organization, slug, page);
      return toPage(found.map(fromVersion), limit, ({ version }) => version);
    },
  }),
  route({
    ...about,
    method: 'GET',
    url: '/profiles/:slug/versions/:version',
    operationId: 'getProfileVersion',
    effect: 'none',
    summary: 'Show a version of a profile',
    description: 'Its settings, author and time.',
    may: looking,
    params: VersionParams,
    reply: ProfileVersionReply,
    refuses: ['NOT_FOUND', 'PROFILE_NOT_FOUND'],
    handle: async ({ organization, params: { slug, version } }) =>
      fromVersion(await checks.getProfileVersion(organization, slug, version)),
  }),
  route({
    ...about,
    method: 'POST',
    url: '/profiles/:slug/versions/:version/restore',
    operationId: 'restoreProfileVersion',
    effect: 'weakens-protection',
    summary: 'Restore a version of a profile',
    description: 'Creates the next version with the settings of an old one; nothing is deleted.',
    may: { operator: true, administrator: managers, key: false },
    params: VersionParams,
    reply: ProfileReply,
    refuses: ['NOT_FOUND', 'PROFILE_NOT_FOUND', 'CONFLICT', 'STORAGE_FULL'],
    async handle({ organization, params: { slug, version }, who }) {
      const restored = await checks.restoreProfile(organization, slug, version, who);
      return fromProfile(restored, checks.ratesHoldFor(organization, restored));
    },
  }),
];
