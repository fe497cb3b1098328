import { z } from 'zod';
import { calibrationStates, HoldsFor } from '../../engine/matching/index.ts';
import type { Checks } from '../../engine/verification/index.ts';
import { emailAddress } from '../../lib/text-fields.ts';
import { byOperators } from './may-call.ts';
import { type PastVerificationRouteDeps, pastVerificationRoutes } from './past-verifications.ts';
import { pictureRefusals, pictureUpload } from './picture.ts';
import { CheckReply, capture } from './request-fields.ts';
import { type AdminRoute, route } from './route.ts';

/** The `request` part beside the picture. */
const VerifyRequest = z
  .strictObject({
    email: emailAddress
      .optional()
      .describe('Address of the person to compare with; absent: all people of the world are searched'),
    profile: z.string().max(80).optional().describe('Slug or id of the profile; absent: `default`'),
    place: z
      .strictObject({
        latitude: z.number().min(-90).max(90).describe('Degrees north, WGS 84'),
        longitude: z.number().min(-180).max(180).describe('Degrees east, WGS 84'),
      })
      .optional()
      .describe('Location of the person'),
  })
  .meta({
    id: 'VerifyOrder',
    description: 'The person to compare the picture with.',
    examples: [{ email: 'ada@example.com' }],
  });

const share = z.number().min(0).max(1);
const extrapolated = z.boolean().describe('Whether the threshold is extrapolated');
const fnmr = z.number().describe('Share of genuine people refused at the threshold');

const VerdictReply = z
  .object({
    verificationId: z.string().describe('Id of the verification'),
    verified: z
      .boolean()
      .describe(
        'True if the face matches, no hard-fail check failed, and compositeScore reaches the minimum',
      ),
    userId: z.string().optional().describe('Id of the person, when verified'),
    email: z.string().optional().describe('E-mail address, when verified'),
    reason: z.string().optional().describe('Reason, when not verified'),
    confidence: share.describe(
      "A fixed map of the match's false-match rate: 0.5 at the 1:1 rate of the profile; 0 for a mismatch",
    ),
    compositeScore: share
      .optional()
      .describe('Weighted mean of the scores of the checks that ran, without the match'),
    checkResults: z.array(CheckReply).describe('Every check of the profile'),
    assurance: z.enum(['match-only', 'passive', 'active']).describe('Presentation attack detection that ran'),
    capture,
    identification: z
      .strictObject({
        gallerySize: z.int().describe('People searched'),
        galleryRate: z.number().describe('False-identification rate of the profile'),
        holdsFor: HoldsFor,
        matchRate: z.number().describe('Resulting false-match rate of one comparison'),
        threshold: z.number().describe('Resulting threshold'),
        fnmr,
        extrapolated,
        ownGallery: z
          .enum(calibrationStates)
          .describe('Whether the people enrolled were compared with the calibration'),
      })
      .optional()
      .describe('Only without `email`: the threshold of the 1:N search'),
    match: z
      .strictObject({
        scorer: z.string().describe('The scorer'),
        score: z
          .number()
          .optional()
          .describe('The score; absent for a 1:1 mismatch and without a comparison'),
        pictures: z.int().optional().describe('Enrolled pictures in the comparison; absent without a score'),
        threshold: z.number().describe('Threshold'),
        shift: z.number().describe('Gallery shift, included in `threshold`'),
        fmr: z.number().describe('False-match rate of one comparison at the threshold'),
        holdsFor: HoldsFor,
        fnmr,
        extrapolated,
      })
      .describe('The comparison of the faces'),
    profile: z
      .strictObject({
        id: z.string().describe('Id'),
        slug: z.string().describe('Name in requests'),
        version: z.int().describe('Version of the profile'),
        maturity: z.string().describe('proven, alternate, experimental or custom'),
      })
      .describe('The profile that decided'),
    models: z
      .record(z.string(), z.string())
      .describe('Model -> the first 12 digits of the SHA-256 of its file'),
    timing: z.record(z.string(), z.number()).describe('Milliseconds by stage'),
  })
  .meta({
    id: 'Verdict',
    description: 'The decision with all figures. A mismatch is a normal reply.',
    examples: [
      {
        verificationId: 'ver_01m7w3hbbec1gf5vj2bmsg7bmh',
        verified: false,
        reason: 'Identity not recognised.',
        confidence: 0,
        checkResults: [],
        assurance: 'match-only',
        capture: { source: 'api' as const },
        match: {
          scorer: 'r',
          threshold: 0.3712,
          shift: 0,
          fmr: 0.001,
          holdsFor: 'every-group' as const,
          fnmr: 0.0312,
          extrapolated: false,
        },
        profile: { id: 'builtin:default', slug: 'default', version: 3, maturity: 'proven' },
        models: {},
        timing: { total: 53 },
      },
    ],
  });

export interface VerificationRouteDeps extends PastVerificationRouteDeps {
  checks: Pick<Checks, 'verify'>;
}

/** Whether a picture shows a person, as an operator asks, and what was decided before. */
export const verificationRoutes = ({ checks, verifications }: VerificationRouteDeps): AdminRoute[] => [
  route('POST /verifications', {
    tag: 'subjects',
    within: 'world',
    keyRefusal: 'An API key verifies with POST /api/verify.',
    operationId: 'verifyPicture',
    effect: 'reads-personal',
    summary: 'Verify a picture',
    description:
      'Is this the person (`email` given), or which enrolled person is this? Returns more than `/api/verify`: the score, and all figures of a refusal.',
    may: byOperators,
    body: VerifyRequest,
    upload: pictureUpload,
    reply: VerdictReply,
    refuses: [
      ...pictureRefusals,
      'REPLAYED_PICTURE',
      'PROFILE_NOT_FOUND',
      'PROFILE_NOT_ALLOWED',
      'KIOSK_REQUIRED',
      'CONSENT_WITHDRAWN',
    ],
    async handle({ realm, body, file, who, request }) {
      const verdict = await checks.verify({ ...realm, ...body, picture: file, actor: who, request });
      const { match, source, subject, verification } = verdict;
      return {
        ...verdict,
        verificationId: verification,
        userId: subject?.id,
        email: subject?.email,
        capture: { source },
        match: { ...match, score: match.score ?? undefined, pictures: match.pictures ?? undefined },
      };
    },
  }),
  ...pastVerificationRoutes({ verifications }),
];
