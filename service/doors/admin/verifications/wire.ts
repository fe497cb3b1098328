import { z } from 'zod';
import { emailAddress } from '../../../http/text-fields.ts';
import { CheckReply } from '../check-reply.ts';

/** The `request` part beside the picture. */
export const VerifyRequest = z
  .strictObject({
    email: emailAddress
      .optional()
      .describe('Address of the person to compare with; absent: everybody of the world is searched'),
    profile: z.string().max(80).optional().describe('Slug or id of the profile; absent: `default`'),
    place: z
      .strictObject({
        latitude: z.number().min(-90).max(90).describe('Degrees north, WGS 84'),
        longitude: z.number().min(-180).max(180).describe('Degrees east, WGS 84'),
      })
      .optional()
      .describe('Where the person is'),
  })
  .meta({
    id: 'VerifyOrder',
    description: 'Whom the picture is compared with.',
    examples: [{ email: 'ada@example.com' }],
  });

const share = z.number().min(0).max(1);
const extrapolated = z.boolean().describe('The threshold lies beyond what was measured');
const fnmr = z.number().describe('Share of genuine people refused at the threshold');

export const VerdictReply = z
  .strictObject({
    verificationId: z.string().describe('Under which it is kept'),
    verified: z
      .boolean()
      .describe('The face matches, no check failed hard, and compositeScore reaches the minimum'),
    userId: z.string().optional().describe('Id of the person, when verified'),
    email: z.string().optional().describe('Their e-mail address, when verified'),
    reason: z.string().optional().describe('Why not, when not verified'),
    confidence: share.describe(
      "A fixed map of the match's false-match rate: 0.5 at the 1:1 rate of the profile; 0 for a mismatch",
    ),
    compositeScore: share
      .optional()
      .describe('Weighted mean of the scores of the checks that ran, without the match'),
    checkResults: z.array(CheckReply).describe('Every check of the profile'),
    assurance: z
      .enum(['match-only', 'passive', 'active'])
      .describe('What was done against presentation attacks'),
    identification: z
      .strictObject({
        gallerySize: z.int().describe('People searched'),
        galleryRate: z.number().describe('Chance that a stranger is named, as the profile asks'),
        matchRate: z.number().describe('False-match rate of one comparison that follows'),
        threshold: z.number().describe('The score that follows'),
        fnmr,
        extrapolated,
      })
      .optional()
      .describe('Only without `email`: what naming one of so many people takes'),
    match: z
      .strictObject({
        scorer: z.string().describe('How embeddings became a score'),
        score: z
          .number()
          .optional()
          .describe('The score; absent for a 1:1 mismatch, and where nothing was compared'),
        pictures: z.int().optional().describe('Enrolled pictures that decided; absent where the score is'),
        threshold: z.number().describe('The score a match needs'),
        shift: z.number().describe('What the own gallery raised the threshold by; part of `threshold`'),
        fmr: z.number().describe('False-match rate of one comparison at the threshold'),
        fnmr,
        extrapolated,
      })
      .describe('What decided about the face'),
    profile: z
      .strictObject({
        id: z.string().describe('Id'),
        slug: z.string().describe('Name in requests'),
        version: z.int().describe('Version of its settings'),
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
    description: 'What a verification decided, with all figures. A mismatch is an ordinary answer.',
    examples: [
      {
        verificationId: 'ver_01m7w3hbbec1gf5vj2bmsg7bmh',
        verified: false,
        reason: 'Identity not recognised.',
        confidence: 0,
        checkResults: [],
        assurance: 'match-only',
        match: { scorer: 'a', threshold: 0.9415, shift: 0, fmr: 0.0001, fnmr: 0.1421, extrapolated: false },
        profile: { id: 'builtin:default', slug: 'default', version: 2, maturity: 'proven' },
        models: {},
        timing: { total: 53 },
      },
    ],
  });

export type VerdictReply = z.output<typeof VerdictReply>;
