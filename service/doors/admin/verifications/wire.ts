import { z } from 'zod';
import { galleryStandings, HoldsFor } from '../../../engine/matching/index.ts';
import { emailAddress } from '../../../http/text-fields.ts';
import { CheckReply } from '../check-reply.ts';
import { capture } from '../reply-fields.ts';

/** The `request` part beside the picture. */
export const VerifyRequest = z
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

export const VerdictReply = z
  .strictObject({
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
          .enum(galleryStandings)
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

export type VerdictReply = z.output<typeof VerdictReply>;
