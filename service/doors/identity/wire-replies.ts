import { z } from 'zod';
import { CaptureSource, calibrationStates, checkNames, HoldsFor } from '../../engine/matching/index.ts';
import { Metadata } from '../../http/key-lists.ts';
import { TestOutcomeReply } from '../../http/test-outcome.ts';

/** Answers as a fresh box gave them in its test world, without the components behind `faceQuality`. */

const verifyReplyExample = {
  verified: true,
  userId: 'sub_01m7w3ayykpzv1m774b6g68g31',
  email: 'alice@example.com',
  confidence: 0.9134,
  compositeScore: 0.8055,
  checkResults: [
    {
      check: 'liveness',
      pass: true,
      score: 0,
      weight: 0,
      skipped: 'No presentation attack detection ran: the test world, match only, or none is installed.',
    },
    {
      check: 'frameConsistency',
      pass: true,
      score: 0,
      weight: 0,
      skipped: 'Two pictures or more are needed: send frames.',
    },
    {
      check: 'impossibleTravel',
      pass: true,
      score: 0,
      weight: 0,
      skipped: 'No location was given and no site holds the caller’s address.',
    },
    {
      check: 'embeddingHistory',
      pass: true,
      score: 0,
      weight: 0,
      skipped: 'There are 3 earlier verified pictures; 5 are needed.',
    },
    { check: 'deviceConsistency', pass: true, score: 0, weight: 0, skipped: 'No deviceInfo was given.' },
    { check: 'geoFence', pass: true, score: 0, weight: 0, skipped: 'The profile names no countries.' },
    { check: 'timeRestriction', pass: true, score: 0, weight: 0, skipped: 'The profile names no hours.' },
    { check: 'faceQuality', pass: true, score: 0.8055, weight: 0.5, reason: 'Face the camera.' },
  ],
  assurance: 'match-only',
  capture: { source: 'api' as const },
  verificationId: 'ver_01m7w3hbbec1gf5vj2bmsg7bmh',
  profile: { id: 'builtin:default', slug: 'default', version: 3, maturity: 'proven' },
  match: {
    scorer: 'r',
    threshold: 0.3712,
    fmr: 0.001,
    holdsFor: 'every-group' as const,
    fnmr: 0.0312,
    extrapolated: false,
    pictures: 1,
    shift: 0,
  },
  models: { blazeface: 'a92ce2cb53b5', 'face-reidentification-retail-0095': '1384af31c033' },
  timing: {
    decode: 9.1,
    detect: 19.6,
    landmarks: 6.5,
    embed: 10.9,
    pad: 0,
    total: 53,
    queued: 0,
    picture: 48.5,
  },
};

const enrollReplyExample = {
  enrolled: true,
  userId: 'sub_01m7w3hber2v9yrex9nc12dr92',
  created: true,
  enrollments: 1,
  quality: { check: 'faceQuality', pass: true, score: 0.9419, weight: 0.5 },
};

const share = z.number().min(0).max(1);

export const CheckResultReply = z
  .strictObject({
    check: z.enum(checkNames).describe('Name of the check'),
    pass: z.boolean().describe('True if it passed or was skipped'),
    score: share.describe('0..1; 0 when it failed or was skipped; of liveness one decimal'),
    weight: z.number().min(0).describe('Its weight in compositeScore; 0 when skipped'),
    skipped: z.string().describe('Reason why it did not run').optional(),
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
    description: 'Result of one check of the profile.',
    examples: [{ check: 'faceQuality', pass: true, score: 0.8055, weight: 0.5, reason: 'Face the camera.' }],
  });

export const VerifyReply = z
  .strictObject({
    verified: z
      .boolean()
      .describe(
        'True if the face matches, no hard-fail check failed, and compositeScore reaches the minimum of the profile',
      ),
    userId: z.string().describe('Id of the person, when verified').optional(),
    email: z.string().describe('E-mail of the person, when verified').optional(),
    reason: z.string().describe('Reason, when not verified').optional(),
    confidence: share.describe(
      "A fixed map of the match's false-match rate: 0.5 at the profile's 1:1 rate, rising to 1; the same with and without `email`; 0 in a refusal",
    ),
    compositeScore: share
      .describe(
        'Weighted mean of the scores of the checks that ran (picture and context, without the match). Absent in a refusal',
      )
      .optional(),
    checkResults: z.array(CheckResultReply).describe('Every check of the profile'),
    assurance: z
      .enum(['match-only', 'passive', 'active'])
      .describe('Presentation attack detection that ran: none, passive, or with an action of the person'),
    capture: z.strictObject({ source: CaptureSource }).describe('How the pictures were taken'),
    verificationId: z.string().describe('Id of the verification'),
    profile: z
      .strictObject({
        id: z.string().describe('Id'),
        slug: z.string().describe('Name in requests'),
        version: z.int().describe('Version of the profile'),
        maturity: z
          .string()
          .describe('proven, alternate or experimental; custom for a profile of the organization’s own'),
      })
      .describe('The profile that decided'),
    match: z
      .strictObject({
        scorer: z
          .string()
          .describe(
            'The scorer: `r`, `rm` where MobileFaceNet is enabled, `a` for people without templates of R',
          ),
        threshold: z.number().describe('Threshold, in the scale of the scorer'),
        fmr: z
          .number()
          .describe(
            'False-match rate of one comparison for which the threshold was set, not the probability for this picture: the 1:1 rate of the profile, or a tenth of it where a superseded scorer compared',
          ),
        holdsFor: HoldsFor,
        fnmr: z.number().describe('Share of genuine people refused at the threshold'),
        extrapolated: z.boolean().describe('Whether the threshold is extrapolated'),
        pictures: z
          .int()
          .positive()
          .describe('Enrolled pictures in the comparison. Absent in a refusal')
          .optional(),
        shift: z
          .number()
          .nonnegative()
          .describe(
            'Gallery shift: the amount by which the threshold is raised, because the people of this organization are more similar than those in the calibration; included in `threshold`. Absent in a refusal',
          )
          .optional(),
      })
      .describe(
        'The threshold that applied, and its error rate. The score itself is not returned, because it would help an attacker to approach the threshold; use `confidence`',
      ),
    identification: z
      .strictObject({
        gallerySize: z.int().describe('People searched'),
        galleryRate: z.number().describe('False-identification rate of the profile'),
        holdsFor: HoldsFor,
        matchRate: z
          .number()
          .describe(
            'False-match rate of one comparison that follows from galleryRate, at most the 1:1 rate of the profile; a tenth of that where a superseded scorer compared',
          ),
        threshold: z.number().describe('Resulting threshold'),
        fnmr: z.number().describe('Share of genuine people refused at this threshold'),
        extrapolated: z.boolean().describe('Whether the threshold is extrapolated'),
        ownGallery: z
          .enum(calibrationStates)
          .describe(
            'Whether the people of the organization were compared with the calibration: `not-measured` or `too-few-people`: nothing says yet that galleryRate holds for them',
          ),
      })
      .describe('Only without `email`: the threshold of the 1:N search')
      .optional(),
    models: z
      .record(z.string(), z.string())
      .describe('Model -> the first 12 digits of the SHA-256 of its file'),
    timing: z.record(z.string(), z.number()).describe('Milliseconds by stage'),
    testOutcome: TestOutcomeReply.optional(),
    metadata: Metadata.optional(),
  })
  .meta({
    id: 'VerifyReply',
    description: 'The verdict. A mismatch is a normal reply, not an error.',
    examples: [verifyReplyExample],
  });

export const EnrollReply = z
  .strictObject({
    enrolled: z.literal(true).describe('Always true; a refusal is an error'),
    userId: z.string().describe('Id of the person'),
    created: z.boolean().describe('False: the person existed and has a further picture'),
    enrollments: z.int().describe('Enrolled pictures of this person'),
    duplicate: z
      .boolean()
      .describe('With the policy `warn`: the face is similar to that of another e-mail')
      .optional(),
    quality: CheckResultReply.describe('Quality of the picture, with advice'),
    testOutcome: TestOutcomeReply.optional(),
    metadata: Metadata.optional(),
  })
  .meta({
    id: 'EnrollReply',
    description: 'The template is stored and used from the next call on.',
    examples: [enrollReplyExample],
  });

export type CheckResultReply = z.output<typeof CheckResultReply>;
export type VerifyReply = z.output<typeof VerifyReply>;
export type EnrollReply = z.output<typeof EnrollReply>;
