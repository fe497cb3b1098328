import type { Checks } from '../../../engine/verification/index.ts';
import { readers } from '../may-call.ts';
import { type AdminRoute, route } from '../route.ts';
import { fromPreview } from './translate.ts';
import {
  AnyProfile,
  CurveQuery,
  OwnProfile,
  ProfileCalibrationReply,
  ProfilePreviewReply,
  ProfilePreviewRequest,
} from './wire.ts';

export interface PreviewRouteDeps {
  checks: Pick<Checks, 'previewProfile' | 'calibrationOf'>;
}

const about = {
  tag: 'profiles',
  within: 'world',
  may: { operator: true, administrator: readers, key: false },
  keyRefusal: 'No API key may see or change profiles: on the box run "gatehouse profile".',
} as const;

/** Preview of settings before they are stored. */
export const previewRoutes = ({ checks }: PreviewRouteDeps): AdminRoute[] => [
  route({
    ...about,
    method: 'POST',
    url: '/profiles/:slug/preview',
    operationId: 'previewProfile',
    effect: 'none',
    summary: 'Try settings on past verifications',
    description:
      'Compares the last verifications of this profile with the decisions under other settings. Nothing is stored.',
    params: OwnProfile,
    body: ProfilePreviewRequest,
    reply: ProfilePreviewReply,
    refuses: ['NOT_FOUND', 'TIMEOUT'],
    handle: async ({ realm, params: { slug }, body: { definition, limit }, signal }) =>
      fromPreview(await checks.previewProfile(realm, { slug, definition, limit, signal })),
  }),
  route({
    ...about,
    method: 'GET',
    url: '/profiles/:slug/calibration-curve',
    operationId: 'getProfileCalibration',
    effect: 'none',
    summary: 'Show the calibration of a profile',
    description:
      'The measured curves of the scorer of the profile, with intervals and the limit beyond which thresholds are extrapolated.',
    params: AnyProfile,
    query: CurveQuery,
    reply: ProfileCalibrationReply,
    refuses: ['NOT_FOUND', 'PROFILE_NOT_FOUND', 'MODEL_NOT_INSTALLED'],
    handle: ({ realm, params: { slug }, query }) => checks.calibrationOf(realm, slug, query),
  }),
];
