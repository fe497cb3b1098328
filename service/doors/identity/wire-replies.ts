import { z } from 'zod';
import { checkNames } from '../../engine/checks/index.ts';
import { enrollReplyExample, verifyReplyExample } from './reply-examples.ts';

const share = z.number().min(0).max(1);

export const CheckResultReply = z
  .strictObject({
    check: z.enum(checkNames).describe('Which check'),
    pass: z.boolean().describe('True when it passed, and when it was skipped'),
    score: share.describe('0..1; 0 when it failed or was skipped; of liveness one decimal'),
    weight: z.number().min(0).describe('Its part in compositeScore; 0 when skipped'),
    skipped: z.string().describe('Why it did not run').optional(),
    reason: z.string().describe('Why it failed, or what the person could do better').optional(),
    details: z
      .record(z.string(), z.unknown())
      .describe(
        'Figures behind the score: layers that ran, their maturity and measured error rates, distances; in a refusal only of faceQuality',
      )
      .optional(),
  })
  .meta({
    id: 'CheckResult',
    description: 'What one check of the profile said.',
    examples: [{ check: 'faceQuality', pass: true, score: 0.8055, weight: 0.5, reason: 'Face the camera.' }],
  });

export const VerifyReply = z
  .strictObject({
    verified: z
      .boolean()
      .describe(
        'The face matches, no check failed hard, and compositeScore reaches the minimum of the profile',
      ),
    userId: z.string().describe('Who, when verified').optional(),
    email: z.string().describe('Their e-mail, when verified').optional(),
    reason: z.string().describe('Why not, when not verified').optional(),
    confidence: share.describe(
      "A fixed map of the match's false-match rate: 0.5 at the profile's 1:1 rate, rising to 1; the same with and without `email`; 0 in a refusal",
    ),
    compositeScore: share
      .describe(
        'Weighted mean of the scores of the checks that ran, without the match itself: picture and context only. Absent in a refusal',
      )
      .optional(),
    checkResults: z.array(CheckResultReply).describe('Every check of the profile'),
    assurance: z
      .enum(['match-only', 'passive', 'active'])
      .describe('What was done against presentation attacks: nothing, looking, or asking the person to act'),
    verificationId: z.string().describe('Under which it is kept'),
    profile: z
      .strictObject({
        id: z.string().describe('Id'),
        slug: z.string().describe('Name in requests'),
        version: z.int().describe('Version of its settings'),
        maturity: z
          .string()
          .describe('proven, alternate or experimental; custom for a profile of the organization’s own'),
      })
      .describe('The profile that decided'),
    match: z
      .strictObject({
        scorer: z
          .string()
          .describe('How embeddings became a score: `a`, or `fused` where a second embedder is enabled'),
        threshold: z.number().describe("The score a match needs, in the scorer's own scale"),
        fmr: z
          .number()
          .describe(
            'The false-match rate of one comparison that the threshold was set for; it says nothing of this picture',
          ),
        fnmr: z.number().describe('Share of genuine people refused at the threshold'),
        extrapolated: z.boolean().describe('The threshold lies beyond what was measured'),
        pictures: z
          .int()
          .positive()
          .describe('Enrolled pictures of the person that decided. Absent in a refusal')
          .optional(),
        shift: z
          .number()
          .nonnegative()
          .describe(
            'What the people of this organization raise the threshold by, because they are more alike than those it was measured on; part of `threshold`, 0 where they are not. Absent in a refusal',
          )
          .optional(),
      })
      .describe(
        'Which threshold applied, and what it costs. The score itself is never told: it would help to climb to the threshold; `confidence` says as much',
      ),
    identification: z
      .strictObject({
        gallerySize: z.int().describe('People searched'),
        galleryRate: z.number().describe('Chance that a stranger is named, as the profile asks'),
        matchRate: z
          .number()
          .describe(
            'False-match rate of one comparison: what galleryRate needs, at most the 1:1 rate of the profile',
          ),
        threshold: z.number().describe('The score that follows'),
        fnmr: z.number().describe('Share of genuine people refused there'),
        extrapolated: z.boolean().describe('The threshold lies beyond what was measured'),
      })
      .describe('Only without `email`: what naming one of so many people takes')
      .optional(),
    models: z
      .record(z.string(), z.string())
      .describe('Model -> the first 12 digits of the SHA-256 of its file'),
    timing: z.record(z.string(), z.number()).describe('Milliseconds by stage'),
  })
  .meta({
    id: 'VerifyReply',
    description: 'The verdict. A mismatch is an ordinary answer, not an error.',
    examples: [verifyReplyExample],
  });

export const EnrollReply = z
  .strictObject({
    enrolled: z.literal(true).describe('Always true; a refusal is an error'),
    userId: z.string().describe('Id of the person'),
    created: z.boolean().describe('False: the person was known and has got a further picture'),
    enrollments: z.int().describe('Pictures kept of this person'),
    duplicate: z
      .boolean()
      .describe('Under the policy `warn`: the face may belong to another e-mail too')
      .optional(),
    quality: CheckResultReply.describe('How good the picture is, and what would make it better'),
  })
  .meta({
    id: 'EnrollReply',
    description: 'The template is kept and matchable by the next call.',
    examples: [enrollReplyExample],
  });

export type CheckResultReply = z.output<typeof CheckResultReply>;
export type VerifyReply = z.output<typeof VerifyReply>;
export type EnrollReply = z.output<typeof EnrollReply>;
