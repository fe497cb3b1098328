import { ask, type Connection, otherAnswer } from './ask.ts';
import type { Challenge, ChallengeResult } from './messages.ts';
import { featuresOfPage } from './page-collector.ts';

export type ChallengeOptions = Connection & {
  /** The form for keyboard and screen reader: a path over numbered dots, in words. */
  accessible?: boolean | undefined;
  /** Of the instruction; `en` when absent. */
  language?: 'en' | 'de' | undefined;
} & (
    | { userId: string; challengeId?: undefined }
    /** In place of an open challenge: what is left of its attempts goes over. */
    | { challengeId: string; userId?: undefined }
  );

export async function createChallenge(options: ChallengeOptions): Promise<Challenge> {
  const { accessible, userId, challengeId, language } = options;
  const body = {
    ...(userId === undefined ? { challenge_id: challengeId } : { userId }),
    ...(accessible && { accessible }),
    ...(language && { language }),
  };
  const reply = await ask('/api/v1/challenge/create', body, options);
  const { challenge_id, type, payload, expires_in_seconds } = reply;
  if (
    typeof challenge_id !== 'string' ||
    (type !== 'click_targets' && type !== 'pattern') ||
    typeof payload !== 'object' ||
    typeof expires_in_seconds !== 'number'
  )
    throw otherAnswer('/api/v1/challenge/create');
  return { challenge_id, type, payload, expires_in_seconds } as Challenge;
}

export interface AnswerOptions extends Connection {
  challengeId: string;
  /** Id of the target, or the ids of the dots in order: `1-5-9`. */
  answer: string;
  /** What the page is about; `siteverify` gives it back. */
  action?: string | undefined;
  /** Your own data, at most 16 kB of JSON: the webhook gives it back. */
  metadata?: Record<string, unknown> | undefined;
}

/** In a page it sends the signals with the answer: the way to it counts too. */
export async function answerChallenge(options: AnswerOptions): Promise<ChallengeResult> {
  const { challengeId, answer, action, metadata } = options;
  const sessionData = featuresOfPage();
  const body = {
    challenge_id: challengeId,
    answer,
    ...(sessionData !== undefined && { sessionData }),
    ...(action !== undefined && { action }),
    ...(metadata && { metadata }),
  };
  const reply = await ask('/api/v1/challenge/verify', body, options);
  const { passed, token, message, attempts_remaining } = reply;
  if (passed === true && typeof token === 'string') return { passed, token };
  if (passed === false && typeof attempts_remaining === 'number')
    return { passed, attempts_remaining, message: typeof message === 'string' ? message : '' };
  throw otherAnswer('/api/v1/challenge/verify');
}
