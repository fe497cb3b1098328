import type {
  AnswerResult,
  ChallengeOptions,
  ChallengeAnswer as GivenAnswer,
  OpenedChallenge,
} from '../../engine/behavior/index.ts';
import { defined } from '../../lib/defined.ts';
import { type RequestHead, toAsked, toSigned } from './translate.ts';
import type { AnswerReply, ChallengeAnswer, ChallengeReply, NewChallenge } from './wire-challenge.ts';

export const toOrder = ({
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

export function fromChallenge({ id, shown, expiresInSeconds }: OpenedChallenge): ChallengeReply {
  const head = { challenge_id: id, expires_in_seconds: expiresInSeconds };
  if (shown.type === 'click_targets') {
    const { type, ...payload } = shown;
    return { ...head, type, payload };
  }
  const { type, hint, ...payload } = shown;
  return { ...head, type, payload: { ...payload, sequence_hint: hint } };
}

export const toAnswer = (
  { challenge_id, answer, userId, sessionData, signals, action }: ChallengeAnswer,
  request: RequestHead,
): GivenAnswer => ({
  challenge: challenge_id,
  answer: answer.trim(),
  ...defined({
    userId,
    data: sessionData ?? signals,
    signed: toSigned(request),
    asked: toAsked(request, action),
  }),
});

const messages = {
  wrong: 'Incorrect answer',
  'not-human': 'The answer did not come from a person’s input',
} as const;

export const fromResult = (result: AnswerResult): AnswerReply =>
  result.is === 'passed'
    ? { passed: true, token: result.token }
    : {
        passed: false,
        message: messages[result.why],
        attempts_remaining: result.attemptsRemaining,
      };
