import type { FastifyInstance } from 'fastify';
import type { Limits } from '../../engine/accounts/index.ts';
import type {
  AnswerResult,
  BehaviorChallenges,
  ChallengeOptions,
  ChallengeAnswer as GivenAnswer,
  OpenedChallenge,
  Verdicts,
} from '../../engine/behavior/index.ts';
import { keyOf } from '../../http/authentication.ts';
import { defined } from '../../lib/defined.ts';
import { type RequestHead, toActor, toAsked, toRealm, toSigned } from './translate.ts';
import { BODY_LIMIT } from './verify-route.ts';
import { AnswerReply, ChallengeAnswer, ChallengeReply, NewChallenge } from './wire-challenge.ts';

export interface ChallengeRoutesDeps {
  behaviorChallenges: Pick<BehaviorChallenges, 'create' | 'answer'>;
  limits: Pick<Limits, 'admitUser'>;
  verdicts: Pick<Verdicts, 'userHashOf'>;
}

const tags = ['behavior'];
const access = 'behavior';

/** `/api/v1/challenge/*` (contracts/behavior.txt). */
export function challengeRoutes(
  app: FastifyInstance,
  { behaviorChallenges, limits, verdicts }: ChallengeRoutesDeps,
): void {
  app.post(
    '/api/v1/challenge/create',
    {
      bodyLimit: BODY_LIMIT,
      config: {
        access,
        metered: true,
        idempotent: true,
        refuses: [
          ...(['NOT_FOUND', 'SESSION_EXPIRED', 'CONFLICT', 'USER_FLOOD_DETECTED'] as const),
          ...(['MONTHLY_LIMIT_EXCEEDED', 'STORAGE_FULL'] as const),
        ],
      },
      schema: {
        operationId: 'createHumaChallenge',
        summary: 'Create a challenge',
        description:
          'For a person whose confidence is neither high nor low (0.3 to 0.7). 300 seconds, three answers, one use. A user with two wrong answers within an hour gets patterns.',
        tags,
        body: NewChallenge,
        response: { 200: ChallengeReply },
      },
    },
    async (request) => {
      const caller = keyOf(request);
      const options = toChallengeOptions(request.body);
      const address = caller.browser ? request.ip : undefined;
      const realm = toRealm(caller);
      if ('userId' in options)
        await limits.admitUser(realm, verdicts.userHashOf(realm, options.userId), address);
      return fromChallenge(await behaviorChallenges.create(caller, options), request.body);
    },
  );

  app.post(
    '/api/v1/challenge/verify',
    {
      bodyLimit: BODY_LIMIT,
      config: {
        access,
        idempotent: true,
        refuses: ['NOT_FOUND', 'SESSION_EXPIRED', 'STORAGE_FULL'],
      },
      schema: {
        operationId: 'verifyHumaChallenge',
        summary: 'Submit the answer of a person',
        description:
          'Judged on the server. The right answer gives a token; one that is right but comes faster than a person reads, or with the signals of a program, is refused and reported as `bot.detected`. A challenge of another key or user is answered 404, one that is over 410. One that ends with wrong answers is reported as `bot.detected` too.',
        tags,
        body: ChallengeAnswer,
        response: { 200: AnswerReply },
      },
    },
    async (request) => {
      const caller = keyOf(request);
      const result = await behaviorChallenges.answer(
        caller,
        toAnswer(request.body, request),
        toActor(caller, request.id),
      );
      return { ...fromResult(result), ...defined({ metadata: request.body.metadata }) };
    },
  );
}

const toChallengeOptions = ({
  userId,
  challenge_id,
  accessible = false,
  language,
}: NewChallenge): ChallengeOptions => ({
  // The schema asks for one of the two.
  ...(userId === undefined ? { replaces: challenge_id! } : { userId }),
  accessible,
  ...defined({ language }),
});

function fromChallenge(
  { id, shown, expiresInSeconds }: OpenedChallenge,
  { metadata }: NewChallenge,
): ChallengeReply {
  const head = { challenge_id: id, expires_in_seconds: expiresInSeconds, ...defined({ metadata }) };
  if (shown.type === 'click_targets') {
    const { type, ...payload } = shown;
    return { ...head, type, payload };
  }
  const { type, hint, ...payload } = shown;
  return { ...head, type, payload: { ...payload, sequence_hint: hint } };
}

export const toAnswer = (
  { challenge_id, answer, userId, sessionData, signals, action, metadata }: ChallengeAnswer,
  request: RequestHead,
): GivenAnswer => ({
  challenge: challenge_id,
  answer: answer.trim(),
  ...defined({
    userId,
    data: sessionData ?? signals,
    signed: toSigned(request),
    asked: toAsked(request, action),
    metadata,
  }),
});

const messages = {
  wrong: 'Incorrect answer',
  'not-human': 'The answer did not come from a person’s input',
} as const;

const fromResult = (result: AnswerResult): AnswerReply =>
  result.is === 'passed'
    ? { passed: true, token: result.token }
    : {
        passed: false,
        message: messages[result.why],
        attempts_remaining: result.attemptsRemaining,
      };
