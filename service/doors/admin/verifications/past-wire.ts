import { z } from 'zod';
import { checkNames } from '../../../engine/checks/index.ts';
import { decisions, unverifiedOutcomes } from '../../../engine/verification/index.ts';
import { pageQuery, pageReply } from '../../../http/cursor.ts';
import { idOf } from '../ids.ts';
import { actor, moment, time } from '../reply-fields.ts';

const check = z.enum(checkNames);
const decision = z
  .enum(decisions)
  .describe(
    '`not-verified`: an ordinary answer that says no; `refused`: the picture or a check refused the whole verification',
  );
const reason = z.enum(unverifiedOutcomes);

/** What a list of verifications can be narrowed to, in the words of its query. */
const filter = {
  from: moment().optional().describe('From here on, ISO 8601'),
  until: moment().optional().describe('Up to here, without this moment itself'),
  decision: z
    .enum([...decisions, 'unverified'])
    .optional()
    .describe('Only those that ended so; `unverified` is `not-verified` and `refused` together'),
  reason: reason.optional().describe('Only those that did not verify for this reason'),
  decidedBy: check.optional().describe('Only those that this check decided against'),
  check: check.optional().describe('Only those where this check failed, whether it decided or not'),
  profile: z.string().min(1).max(80).optional().describe('Slug of the profile, or id of one version of it'),
  person: z.string().min(1).max(254).optional().describe('Id or e-mail address of the person'),
  key: idOf('key').optional().describe('Id of the API key that asked'),
};

const page = pageQuery(z.strictObject({ at: z.int(), id: idOf('verification') }));

export const PastQuery = z.strictObject({ ...filter, ...page });
/** Of a list that has its person in the path. */
export const HistoryQuery = PastQuery.omit({ person: true });

const past = {
  id: z.string().describe('Id'),
  env: z.enum(['live', 'test']).describe('World of the person'),
  at: time('When it began'),
  kind: z.enum(['1:1', '1:N']).describe('Compared with one person, or with everybody'),
  decision,
  reason: reason.optional().describe('Why not; absent when verified'),
  decidedBy: check.optional().describe('The check that decided against it, where one did'),
  sentence: z.string().describe('How it ended, in one sentence'),
  message: z.string().optional().describe('The sentence for the person; absent when verified'),
  failed: z.array(check).describe('Every check that failed'),
  person: z.string().optional().describe('Id of the person who was claimed or recognized'),
  profile: z
    .strictObject({
      id: z.string().describe('Id of this version'),
      slug: z
        .string()
        .optional()
        .describe('Name in requests; absent where the profile is not known any more'),
      version: z.int().describe('Version of its settings'),
    })
    .describe('The profile that decided'),
  confidence: z.number().describe('0.5 at the 1:1 rate of the profile; 0 where nobody was matched'),
  compositeScore: z.number().describe('Weighted mean of the scores of the checks that ran'),
  assurance: z
    .enum(['match-only', 'passive', 'active'])
    .describe('What was done against presentation attacks'),
  by: actor,
};

const example = {
  id: 'ver_01m7w3hbbec1gf5vj2bmsg7bmh',
  env: 'live' as const,
  at: '2026-11-20T12:00:00.000Z',
  kind: '1:1' as const,
  decision: 'refused' as const,
  reason: 'CHECK_FAILED' as const,
  decidedBy: 'liveness' as const,
  sentence: 'A check failed that has to pass: liveness.',
  message: 'Hold the camera at eye level, and look at it.',
  failed: ['liveness' as const],
  person: 'sub_01m7w3ayykpzv1m774b6g68g31',
  profile: { id: 'builtin:default', slug: 'default', version: 2 },
  confidence: 0.71,
  compositeScore: 0.42,
  assurance: 'passive' as const,
  by: 'key:key_01m7w3ayykpzv1m774b6g68g31',
};

export const PastReply = z.strictObject(past).meta({
  id: 'PastVerification',
  description: 'A verification as lists have it.',
  examples: [example],
});
export const PastPage = pageReply(PastReply, 'Verifications, the newest first', 'PastVerificationPage');

const CheckOfPast = z
  .strictObject({
    check: check.describe('Which check'),
    pass: z.boolean().describe('True when it passed, and when it was skipped'),
    score: z.number().describe('0..1; 0 when it was skipped'),
    threshold: z
      .number()
      .optional()
      .describe('It passes from this score on; absent in what early releases wrote'),
    weight: z.number().describe('Its part in compositeScore; 0 when it was skipped'),
    hardFail: z
      .boolean()
      .optional()
      .describe('A failure refuses the whole verification; absent in what early releases wrote'),
    skipped: z.string().optional().describe('Why it did not run'),
    sentence: z.string().describe('What it says, in one sentence'),
    evidence: z.record(z.string(), z.unknown()).optional().describe('Figures behind the score'),
  })
  .meta({
    id: 'PastCheck',
    description: 'What one check said then.',
    examples: [
      {
        check: 'faceQuality',
        pass: true,
        score: 0.8055,
        threshold: 0.4,
        weight: 0.5,
        hardFail: false,
        sentence: 'It passed.',
      },
    ],
  });

export const WholePastReply = z
  .strictObject({
    ...past,
    email: z.string().optional().describe('E-mail address of the person'),
    name: z.string().optional().describe('Name of the person'),
    checks: z.array(CheckOfPast).describe('Every check that the profile asked for'),
    match: z
      .strictObject({
        scorer: z.string().describe('How embeddings became a score'),
        pictures: z.int().describe('Enrolled pictures that decided'),
        shift: z.number().describe('What the own gallery raised the threshold by'),
      })
      .optional()
      .describe('What decided about the face; absent where nothing was compared'),
    place: z
      .strictObject({
        latitude: z.number().describe('Degrees north, WGS 84'),
        longitude: z.number().describe('Degrees east, WGS 84'),
        country: z.string().optional().describe('ISO 3166-1 alpha-2'),
        timeZone: z.string().optional().describe('IANA name'),
      })
      .optional()
      .describe('Where the person was; kept only of those that verified'),
    device: z
      .strictObject({
        userAgent: z.string().optional().describe('What the browser said of itself'),
        cameraWidth: z.number().optional().describe('Pixels'),
        cameraHeight: z.number().optional().describe('Pixels'),
        screenWidth: z.number().optional().describe('Pixels'),
        screenHeight: z.number().optional().describe('Pixels'),
      })
      .optional()
      .describe('The device; kept only of those that verified'),
    models: z
      .record(z.string(), z.string())
      .describe('Model -> the first 12 digits of the SHA-256 of its file'),
    timing: z.record(z.string(), z.number()).describe('Milliseconds by stage'),
  })
  .meta({
    id: 'WholePastVerification',
    description: 'A verification with every check and what was kept of the person.',
    examples: [{ ...example, checks: [], models: {}, timing: { total: 53 } }],
  });

export type PastQuery = z.output<typeof PastQuery>;
export type PastReply = z.output<typeof PastReply>;
export type WholePastReply = z.output<typeof WholePastReply>;
