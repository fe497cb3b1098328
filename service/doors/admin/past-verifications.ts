import { z } from 'zod';
import { checkNamed, checkNames, HoldsFor, skipCodeOf, skipCodes } from '../../engine/matching/index.ts';
import {
  assurances,
  decisionOf,
  decisions,
  messageCodeOf,
  outcomeSentences,
  outcomesOf,
  type PastRequest,
  type PastVerifications,
  unverifiedOutcomes,
} from '../../engine/verification/index.ts';
import { pageOf, pageQuery, pageReply } from '../../http/cursor.ts';
import { actor, env, inEnv, moment, time } from '../../lib/record-fields.ts';
import { idOf, personParams } from './ids.ts';
import { byReaders } from './may-call.ts';
import { endOf, idNamed, referencedParams, referenceTo } from './references.ts';
import { capture } from './request-fields.ts';
import { type AdminRoute, route } from './route.ts';

const check = z.enum(checkNames);
const decision = z
  .enum(decisions)
  .describe('`not-verified`: a normal negative reply; `refused`: refused because of the picture or a check');
const reason = z.enum(unverifiedOutcomes);

/** Filters of a list of verifications, as query fields. */
const filter = {
  from: moment().optional().describe('Start of the range, inclusive, ISO 8601'),
  until: moment().optional().describe('End of the range, exclusive, ISO 8601'),
  decision: z
    .enum([...decisions, 'unverified'])
    .optional()
    .describe('Only verifications with this decision; `unverified` is `not-verified` and `refused` together'),
  reason: reason.optional().describe('Only verifications with this reason'),
  decidedBy: check.optional().describe('Only verifications that failed because of this check'),
  check: check
    .optional()
    .describe('Only verifications in which this check failed, even if it was not decisive'),
  profile: z.string().min(1).max(80).optional().describe('Slug of the profile, or id of one version of it'),
  person: z.string().min(1).max(254).optional().describe('Id or e-mail address of the person'),
  reference: referenceTo('verification').optional(),
  key: idOf('key').optional().describe('Id of the API key of the caller'),
};

const page = pageQuery(z.strictObject({ at: z.int(), id: idOf('verification') }));

const PastQuery = z.strictObject({ ...filter, ...page });
/** Query of a list with the person in the path. */
const HistoryQuery = PastQuery.omit({ person: true });

const past = {
  id: z.string().describe('Id'),
  env: env('World of the person'),
  at: time('Start time'),
  kind: z.enum(['1:1', '1:N']).describe('Compared with one person, or with all enrolled people'),
  decision,
  reason: reason.optional().describe('Reason; absent when verified'),
  decidedBy: check.optional().describe('The decisive check, if any'),
  sentence: z.string().describe('The result in one sentence'),
  message: z.string().optional().describe('The sentence for the person; absent when verified'),
  messageCode: z
    .string()
    .optional()
    .describe(
      'The same as a code, with what it is about after a dot; absent for sentences of earlier releases',
    ),
  failed: z.array(check).describe('All failed checks'),
  person: z.string().optional().describe('Id of the claimed or recognized person'),
  profile: z
    .strictObject({
      id: z.string().describe('Id of this version'),
      slug: z.string().optional().describe('Name in requests; absent if the profile no longer exists'),
      version: z.int().describe('Version of the profile'),
    })
    .describe('The profile that decided'),
  confidence: z.number().describe('0.5 at the 1:1 rate of the profile; 0 without a match'),
  holdsFor: HoldsFor.optional().describe(
    `${HoldsFor.description}. Of the rate behind \`confidence\`; absent where nothing was compared`,
  ),
  compositeScore: z.number().describe('Weighted mean of the scores of the checks that ran'),
  assurance: z.enum(assurances).describe('Presentation attack detection that ran'),
  capture: capture.optional().describe('Absent in verifications of early releases'),
  alike: z
    .int()
    .optional()
    .describe(
      'Number of enrolled people that the picture of a 1:N matched, where there are several that were not marked as distinct: a sign of a picture blended of two faces, or of a person who was enrolled twice. Never decisive; experimental',
    ),
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
  message: 'The picture looks like a photograph or a screen.',
  messageCode: 'LOOKS_LIKE_PICTURE',
  failed: ['liveness' as const],
  person: 'sub_01m7w3ayykpzv1m774b6g68g31',
  profile: { id: 'builtin:default', slug: 'default', version: 3 },
  confidence: 0.71,
  holdsFor: 'every-group' as const,
  compositeScore: 0.42,
  assurance: 'passive' as const,
  capture: { source: 'api' as const },
  by: 'key:key_01m7w3ayykpzv1m774b6g68g31',
};

const PastReply = z.object(past).meta({
  id: 'PastVerification',
  description: 'A verification in a list.',
  examples: [example],
});
const PastPage = pageReply(PastReply, 'Verifications, the newest first', 'PastVerificationPage');

const CheckOfPast = z
  .object({
    check: check.describe('Name of the check'),
    pass: z.boolean().describe('True if it passed or was skipped'),
    score: z.number().describe('0..1; 0 when it was skipped'),
    threshold: z.number().optional().describe('Threshold; absent in verifications of early releases'),
    weight: z.number().describe('Its weight in compositeScore; 0 when it was skipped'),
    hardFail: z
      .boolean()
      .optional()
      .describe(
        'Whether a failure refuses the whole verification; absent in verifications of early releases',
      ),
    skipped: z.string().optional().describe('Reason why it did not run'),
    skippedCode: z.enum(skipCodes).optional().describe('The same as a code'),
    sentence: z.string().describe('The result in one sentence'),
    evidence: z.record(z.string(), z.unknown()).optional().describe('Figures behind the score'),
  })
  .meta({
    id: 'PastCheck',
    description: 'Result of one check at that time.',
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

const WholePastReply = z
  .object({
    ...past,
    email: z.string().optional().describe('E-mail address of the person'),
    name: z.string().optional().describe('Name of the person'),
    checks: z.array(CheckOfPast).describe('All checks of the profile'),
    matched: z
      .boolean()
      .optional()
      .describe(
        'Whether the face matched; absent where nothing was compared, and in verifications of early releases',
      ),
    threshold: z
      .number()
      .optional()
      .describe(
        'Confidence from which the face matched: 0.5 in a 1:1; absent where that version of the profile is not in use any more',
      ),
    match: z
      .object({
        scorer: z.string().describe('The scorer'),
        pictures: z.int().describe('Enrolled pictures in the comparison'),
        shift: z.number().describe('Gallery shift'),
      })
      .optional()
      .describe('The comparison of the faces; absent without one'),
    place: z
      .object({
        latitude: z.number().describe('Degrees north, WGS 84'),
        longitude: z.number().describe('Degrees east, WGS 84'),
        country: z.string().optional().describe('ISO 3166-1 alpha-2'),
        timeZone: z.string().optional().describe('IANA name'),
      })
      .optional()
      .describe('Location; stored only of successful verifications'),
    device: z
      .object({
        userAgent: z.string().optional().describe('User agent of the browser'),
        cameraWidth: z.number().optional().describe('Pixels'),
        cameraHeight: z.number().optional().describe('Pixels'),
        screenWidth: z.number().optional().describe('Pixels'),
        screenHeight: z.number().optional().describe('Pixels'),
      })
      .optional()
      .describe('Device; stored only of successful verifications'),
    models: z
      .record(z.string(), z.string())
      .describe('Model -> the first 12 digits of the SHA-256 of its file'),
    timing: z.record(z.string(), z.number()).describe('Milliseconds by stage'),
  })
  .meta({
    id: 'WholePastVerification',
    description: 'A verification with every check and the stored data of the person.',
    examples: [{ ...example, checks: [], models: {}, timing: { total: 53 } }],
  });

type Whole = Awaited<ReturnType<PastVerifications['get']>>;
type Past = Awaited<ReturnType<PastVerifications['page']>>['items'][number];

function toPageRequest({
  decision,
  reason,
  key,
  reference,
  cursor: before,
  ...rest
}: z.output<typeof HistoryQuery> & { person?: string }): PastRequest {
  const ofDecision = decision && outcomesOf[decision];
  const outcomes = reason ? [reason].filter((one) => ofDecision?.includes(one) ?? true) : ofDecision;
  return {
    ...rest,
    outcomes,
    before,
    actor: key === undefined ? undefined : `key:${key}`,
    reference: reference && endOf(reference),
  };
}

const shown = (past: Past) => ({
  ...inEnv(past),
  decision: decisionOf(past.outcome),
  reason: past.outcome === 'VERIFIED' ? undefined : past.outcome,
  sentence: sentenceOf(past.outcome, past.decidedBy),
  message: past.reason,
  messageCode: past.reason === undefined ? undefined : messageCodeOf(past.reason),
  person: past.subject,
  compositeScore: past.composite,
  capture: past.source && { source: past.source },
  by: past.actor,
});

/** How a verification ended, with the check that decided. */
export function sentenceOf(outcome: Past['outcome'], decidedBy: Past['decidedBy']): string {
  // Of a damaged row there is none.
  const sentence = outcomeSentences[outcome] ?? '';
  return decidedBy === undefined || outcome.startsWith('FACE') || outcome.startsWith('SEVERAL')
    ? sentence
    : `${sentence.slice(0, -1)}: ${decidedBy}.`;
}

const shownWhole = ({ checks, person, ...past }: Whole) => ({
  ...shown(past),
  email: person?.email,
  name: person?.name,
  checks: checks.map((check) => ({
    ...check,
    sentence: sentenceOfCheck(check),
    evidence: check.details,
    skippedCode: skipCodeOf(check),
  })),
  matched: past.matched,
  threshold: past.threshold,
  match: past.match,
  place: past.place,
  device: past.device,
  models: past.models,
  timing: past.timing,
});

function sentenceOfCheck({ check, pass, skipped, reason }: Whole['checks'][number]): string {
  if (skipped !== undefined) return `It did not run: ${skipped}`;
  if (reason !== undefined) return reason;
  return pass ? 'It passed.' : checkNamed(check).sentence;
}

export interface PastVerificationRouteDeps {
  verifications: Pick<PastVerifications, 'page' | 'get'>;
}

const about = {
  tag: 'verifications',
  within: 'world',
  keyRefusal: 'No API key may read past verifications: use events and webhooks instead.',
  may: byReaders,
} as const;

/** Verifications that were decided, and why. */
export const pastVerificationRoutes = ({ verifications }: PastVerificationRouteDeps): AdminRoute[] => [
  route('GET /verifications', {
    ...about,
    operationId: 'listVerifications',
    effect: 'reads-personal',
    summary: 'List verifications',
    description:
      'The newest first, filtered by all fields of the query. Sealed fields are not opened. Listing those of one person is recorded in the audit log.',
    query: PastQuery,
    reply: PastPage,
    refuses: ['SUBJECT_NOT_FOUND', 'PROFILE_NOT_FOUND'],
    async handle({ realm, query, who, request }) {
      const { items, next } = await verifications.page(realm, toPageRequest(query), who, request);
      return pageOf(items.map(shown), next);
    },
  }),
  route('GET /verifications/:id', {
    ...about,
    operationId: 'getVerification',
    effect: 'reads-personal',
    summary: 'Show a verification',
    description:
      'Every check with its score, threshold, weight and evidence, and the stored person, place and device. The access is recorded in the audit log.',
    params: referencedParams('verification'),
    reply: WholePastReply,
    refuses: ['NOT_FOUND', 'CONFLICT'],
    async handle({ realm, params, who, request }) {
      const id = await idNamed(
        'verification',
        params.id,
        async (reference, limit) => (await verifications.page(realm, { reference, limit }, who)).items,
      );
      return shownWhole(await verifications.get(realm, id, who, request));
    },
  }),
  route('GET /subjects/:id/verifications', {
    ...about,
    operationId: 'listVerificationsOfSubject',
    effect: 'reads-personal',
    summary: 'List the verifications of a person',
    description: 'The newest first. The access is recorded in the audit log.',
    params: personParams,
    query: HistoryQuery,
    reply: PastPage,
    refuses: ['SUBJECT_NOT_FOUND', 'PROFILE_NOT_FOUND'],
    async handle({ realm, params: { id }, query, who, request }) {
      const { items, next } = await verifications.page(
        realm,
        toPageRequest({ ...query, person: id }),
        who,
        request,
      );
      return pageOf(items.map(shown), next);
    },
  }),
];
