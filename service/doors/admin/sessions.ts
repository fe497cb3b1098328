import { z } from 'zod';
import { purposes } from '../../engine/consent/index.ts';
import {
  riskFlags,
  type Session,
  type Sessions,
  sessionDecisions,
  sessionFlows,
  sessionStates,
  sessionWaits,
  type WholeSession,
} from '../../engine/live/index.ts';
import { humannessOfLiveness } from '../../engine/uniqueness/index.ts';
import type { SessionId, SubjectId } from '../../lib/id.ts';
import { helpPath } from '../../lib/installation.ts';
import { actor, env, time } from '../../lib/record-fields.ts';
import { idOf, paramsOf } from './ids.ts';
import { listRoute } from './lists.ts';
import { byOperators, sessionDeciders, sessionReaders } from './may-call.ts';
import { endOf, idNamed, referencedParams, referenceTo } from './references.ts';
import { capture } from './request-fields.ts';
import { type AdminRoute, route } from './route.ts';

const flow = z
  .enum(sessionFlows)
  .describe('Kind of session: by the API, presence of a person, hosted link, or registration');
const state = z.enum(sessionStates);
const decision = z.enum(sessionDecisions);

const SessionPictureParams = z.strictObject({
  id: idOf('session').describe('Id of the session'),
  index: z.coerce.number().int().min(0).max(99).describe('Place in `pictures` of the session, from 0'),
});

const SessionDecisionRequest = z
  .strictObject({
    decision: z
      .enum(['approve', 'refuse'])
      .describe('`approve`: the session is approved, or counted in its scope. `refuse`: it is rejected'),
  })
  .meta({ id: 'LiveSessionDecision', examples: [{ decision: 'refuse' as const }] });

const risk = z
  .object({
    level: z.enum(['low', 'medium', 'high']).describe('Below 0.3 low, below 0.7 medium'),
    score: z.number().describe('0..1'),
    flags: z.array(z.enum(riskFlags)).describe('What raised it'),
  })
  .meta({
    id: 'SessionRisk',
    description: 'Risk of a decision.',
    examples: [{ level: 'low', score: 0.08, flags: [] }],
  });

const session = {
  id: z.string().describe('Id'),
  env: env('World'),
  flow,
  state: state.describe('`processing`: an attempt was started, or a review decides'),
  profile: z.string().describe('Slug of the profile'),
  match: z
    .enum(['none', 'any', 'email'])
    .describe(
      'Whether the person must be enrolled: not at all, any person, or the one with the claimed address',
    ),
  createdAt: time('Time of creation'),
  expiresAt: time('End of the session at the latest'),
  openedAt: time('When the person agreed and began').optional(),
  decidedAt: time('Time of the decision').optional(),
  decision: decision.optional().describe('Absent while it is open'),
  reasons: z.array(z.string()).describe('Why it was not approved, by code; never shown to the person'),
  attempts: z.int().describe('Attempts that were begun, of three'),
  inReview: z.boolean().describe('A reviewer decides'),
  waitsFor: z
    .enum(sessionWaits)
    .optional()
    .describe(
      'What about: whether the person is counted already; a check that was passed without movements, or before a suspect camera; or one whose evidence neither suffices nor refuses (`undecided`). Absent unless in review',
    ),
  reviewUntil: time('When the review ends without a decision; absent unless in review').optional(),
  assurance: z
    .string()
    .optional()
    .describe('Level of the liveness check: `active`, `active-no-flash`, `passive-frames`'),
  capture,
  risk: risk.optional(),
  person: z.string().optional().describe('Id of the recognized person'),
  verification: z.string().optional().describe('Id of the verification of the match'),
  by: actor,
};

const example = {
  id: 'sess_01m7w3hb8hbf355he5zqwjztdk',
  env: 'live' as const,
  flow: 'presence' as const,
  state: 'finalized' as const,
  profile: 'specter',
  match: 'any' as const,
  createdAt: '2026-11-20T12:00:00.000Z',
  expiresAt: '2026-11-20T12:10:00.000Z',
  openedAt: '2026-11-20T12:00:20.000Z',
  decidedAt: '2026-11-20T12:00:33.000Z',
  decision: 'approved' as const,
  reasons: [],
  attempts: 1,
  inReview: false,
  assurance: 'active',
  capture: { source: 'browser' as const },
  risk: { level: 'low' as const, score: 0.08, flags: [] },
  person: 'sub_01m7w3ayykpzv1m774b6g68g31',
  by: 'key:key_01m7w3ayykpzv1m774b6g68g31',
};

const SessionReply = z.object(session).meta({
  id: 'LiveSession',
  description: 'A session of a person in front of a camera, in a list.',
  examples: [example],
});

const Finding = z
  .object({
    kind: z
      .string()
      .describe(
        '`step:<name>`, `head:<name of the turn>`, `pad`, `motion`, `continuity`, `times`, `color` or `camera`',
      ),
    passed: z.boolean().optional().describe('Absent where it is recorded and never decides'),
    strength: z.number().optional().describe('0..1: how clearly it speaks for a live person'),
    maturity: z.enum(['proven', 'experimental']).describe('How well it is measured'),
    details: z.record(z.string(), z.unknown()).describe('Figures'),
  })
  .meta({
    id: 'LiveSessionEvidence',
    description: 'One finding of the challenge.',
    examples: [
      { kind: 'continuity', passed: true, strength: 0.9, maturity: 'experimental', details: { least: 1.4 } },
    ],
  });

const WholeSessionReply = z
  .object({
    ...session,
    email: z.string().optional().describe('Claimed e-mail address'),
    reference: z.string().optional().describe('The name that the relying party gave the person'),
    consent: z
      .object({
        version: z.string().describe('Version of the text'),
        at: time('Time of the consent'),
        purposes: z
          .array(z.enum(purposes))
          .optional()
          .describe('Purposes beside the check itself; absent where the text did not name them'),
      })
      .optional()
      .describe('Consent of the person; absent before it'),
    path: z
      .object({
        flash: z.boolean().describe('With colors'),
        motion: z.boolean().describe('With movements of the head'),
      })
      .optional()
      .describe('The path that the person chose'),
    liveness: z
      .object({
        passed: z.boolean().describe('Whether a live person was in front of the camera'),
        score: z.number().describe('0..1'),
        evidence: z.array(Finding).describe('Findings, in their order'),
      })
      .optional()
      .describe('Result of the deciding attempt; absent without one'),
    humanness: z
      .strictObject({
        score: z
          .number()
          .describe(
            `Probability of a living human where people and attacks are equally frequent, 0.01..0.99 (${helpPath('UNIQUENESS')}: on what that was measured)`,
          ),
        base: z.number().describe('Odds before any part is known'),
        parts: z
          .array(
            z.strictObject({
              name: z.enum(['liveness', 'pad', 'behavior']).describe('Part'),
              score: z.number().describe('0..1, of the part by itself'),
              factor: z
                .number()
                .describe(
                  'What the odds are multiplied by; `base` and all factors make the odds of the score',
                ),
            }),
          )
          .describe('What it is made of'),
        maturity: z.literal('experimental').describe('How well it is measured'),
      })
      .optional()
      .describe('How sure it is that a living human was there; absent without an attempt'),
    uniqueness: z
      .object({
        outcome: z.enum(['new', 'known', 'grey']).describe('`grey`: neither surely known nor surely new'),
        action: z.enum(['accept', 'flag', 'wait', 'duplicate']).describe('What the policy made of it'),
      })
      .optional()
      .describe('Whether the person was counted already; absent where nothing was counted'),
    challengesCompleted: z.int().describe('Steps that were done in the deciding attempt'),
    processingTimeMs: z
      .number()
      .describe('Milliseconds from the start of the deciding attempt to the decision'),
    device: z
      .object({
        label: z.string().optional().describe('Name of the camera'),
        width: z.number().optional().describe('Pixels'),
        height: z.number().optional().describe('Pixels'),
        frameRate: z.number().optional().describe('Frames per second'),
        userAgent: z.string().optional().describe('User agent of the browser'),
      })
      .optional()
      .describe('What the device said of itself'),
    metadata: z.record(z.string(), z.unknown()).describe('Values of the relying party'),
    pictures: z
      .array(z.string())
      .optional()
      .describe(
        'Steps of which a picture is kept while a person decides; absent where none is. Get each by its place, from 0',
      ),
  })
  .meta({
    id: 'WholeLiveSession',
    description: 'A session with its evidence and its sealed values.',
    examples: [
      {
        ...example,
        consent: { version: '1', at: '2026-11-20T12:00:20.000Z' },
        path: { flash: true, motion: true },
        liveness: { passed: true, score: 0.91, evidence: [] },
        humanness: {
          score: 0.91,
          base: 0.5,
          parts: [{ name: 'liveness' as const, score: 0.91, factor: 20.2 }],
          maturity: 'experimental' as const,
        },
        challengesCompleted: 4,
        processingTimeMs: 9200,
        metadata: {},
      },
    ],
  });

const shown = ({ realm, ...session }: Session) => ({
  ...session,
  env: realm.world,
  inReview: session.held,
  by: session.createdBy,
  capture: { source: session.source },
  reviewUntil: session.heldUntil,
  assurance: session.liveness?.assurance,
  person: session.subject,
});

/** Of the device without the network address, which only decides the site. */
const shownWhole = (session: WholeSession) => ({
  ...shown(session),
  email: session.email,
  metadata: session.metadata,
  device: session.device,
  pictures: session.pictures,
  reference: session.subjectRef,
  uniqueness: session.counted,
  liveness: session.liveness,
  humanness: session.liveness && humannessOfLiveness(session.liveness),
});

export interface LiveSessionRouteDeps {
  liveSessions: Pick<Sessions, 'page' | 'read' | 'picture' | 'cancel' | 'review'>;
}

const about = {
  tag: 'live sessions',
  within: 'world',
  keyRefusal:
    'No API key may read sessions of other callers: use the routes of its own family, events and webhooks.',
} as const;

/** Sessions of people in front of a camera, of every flow. */
export const liveSessionRoutes = ({ liveSessions }: LiveSessionRouteDeps): AdminRoute[] => [
  listRoute({
    ...about,
    url: '/sessions',
    operationId: 'listLiveSessions',
    effect: 'reads-personal',
    summary: 'List live sessions',
    description: 'The newest first. Sealed fields are not opened.',
    may: { operator: true, administrator: sessionReaders, key: false },
    item: SessionReply,
    items: 'Sessions, the newest first',
    page: 'LiveSessionPage',
    filter: {
      flow: flow.optional().describe('Only sessions of this kind'),
      state: state.optional().describe('Only sessions in this state'),
      decision: decision.optional().describe('Only sessions with this decision'),
      reference: referenceTo('session').optional(),
      person: idOf('person').optional().describe('Only sessions of this person'),
      inReview: z.literal('true').optional().describe('Only sessions that wait for a reviewer'),
    },
    key: z.strictObject({ id: idOf('session') }),
    keyOf: ({ id }) => ({ id }),
    rows: async ({ realm }, { before, inReview, reference, person, ...part }) =>
      (
        await liveSessions.page(realm, {
          ...part,
          held: inReview && true,
          before: before?.id,
          reference: reference && endOf(reference),
          person: person as SubjectId | undefined,
        })
      ).map(shown),
  }),
  route('GET /sessions/:id', {
    ...about,
    operationId: 'getLiveSession',
    effect: 'reads-personal',
    summary: 'Show a live session',
    description:
      'With the evidence of its deciding attempt and its sealed values. The access is recorded in the audit log.',
    may: { operator: true, administrator: sessionReaders, key: false },
    params: referencedParams('session'),
    reply: WholeSessionReply,
    refuses: ['NOT_FOUND', 'CONFLICT'],
    async handle({ realm, params, who, request }) {
      const id = await idNamed('session', params.id, (reference, limit) =>
        liveSessions.page(realm, { reference, limit }),
      );
      return shownWhole(await liveSessions.read(realm, id as SessionId, who, request));
    },
  }),
  ...decidingRoutes({ liveSessions }),
  route('POST /sessions/:id/cancel', {
    ...about,
    operationId: 'cancelLiveSession',
    effect: 'none',
    summary: 'Cancel a live session',
    description: 'The person cannot go on; the relying party gets a rejection.',
    may: byOperators,
    params: paramsOf('session'),
    reply: SessionReply,
    refuses: ['NOT_FOUND', 'CONFLICT'],
    handle: async ({ realm, params: { id }, who, request }) =>
      shown(await liveSessions.cancel(realm, id, who, request)),
  }),
];

const decidingRoutes = ({ liveSessions }: LiveSessionRouteDeps): AdminRoute[] => [
  route('GET /sessions/:id/pictures/:index', {
    ...about,
    operationId: 'getLiveSessionPicture',
    effect: 'reads-personal',
    summary: 'Show a picture of a session that waits for a person',
    description:
      'A JPEG of the last attempt, the newest of a step; `pictures` of the session names the steps. Kept where the profile has a person decide about undecided attempts or suspect cameras (`undecided`, `suspectCamera`: `review`), sealed, and deleted with the decision. The access is recorded in the audit log.',
    may: { operator: true, administrator: sessionDeciders, key: false },
    params: SessionPictureParams,
    picture: true,
    refuses: ['NOT_FOUND'],
    handle: ({ realm, params: { id, index }, who, request }) =>
      liveSessions.picture(realm, id, index, { actor: who, request }),
  }),
  route('POST /sessions/:id/decide', {
    ...about,
    operationId: 'decideLiveSession',
    effect: 'changes-identity',
    daily: true,
    summary: 'Decide a session that waits for a person',
    description:
      'For a session with `waitsFor` `without-motion`: the person passed the check without moving the head, which an old recording passes too. With `camera`: the camera had the name of a program that passes films off as a camera, or it changed in the attempt, and the profile has a person decide. With `undecided`: the evidence of the last attempt neither suffices for a living person nor refuses one, and the profile has a person decide. Where `pictures` of the session is there, look at them; else see or call the person before you approve. If the organization requires two administrators, the first call is a vote.',
    may: { operator: true, administrator: sessionDeciders, key: false },
    params: paramsOf('session'),
    body: SessionDecisionRequest,
    reply: SessionReply,
    refuses: ['NOT_FOUND', 'CONFLICT'],
    handle: async ({ realm, params: { id }, body: { decision }, who, request }) =>
      shown(await liveSessions.review(realm, id, { approve: decision === 'approve', actor: who, request })),
  }),
];
