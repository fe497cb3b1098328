import { HumaError } from '../huma-error.ts';
import type { VerifyResult } from '../messages.ts';

/** Confidences. Below `from` a submission is blocked, above `to` it passes; from the one to the other it gets a challenge. */
export interface ChallengeRange {
  /** 0.3 when absent. */
  from?: number | undefined;
  /** 0.7 when absent. With 0.49 everyone who is `human` passes. */
  to?: number | undefined;
}

/** contracts/behavior.txt: 30 to 70 %. */
const UNCERTAIN = { from: 0.3, to: 0.7 };

export type ReadRange = { from: number; to: number } | false;

export function readChallengeRange(given: ChallengeRange | false | undefined): ReadRange {
  if (given === false) return false;
  const { from = UNCERTAIN.from, to = UNCERTAIN.to } = given ?? {};
  const isShare = (value: unknown) => typeof value === 'number' && value >= 0 && value <= 1;
  if (isShare(from) && isShare(to) && from <= to) return { from, to };
  throw new HumaError(
    'INVALID_ARGUMENT',
    `challenge is false, or two confidences: from ${UNCERTAIN.from} to ${UNCERTAIN.to} when absent, each between 0 and 1, from not above to.`,
  );
}

export function decide(
  { confidence, outage, human }: VerifyResult,
  range: ReadRange,
): 'pass' | 'challenge' | 'block' {
  if (outage || range === false) return human ? 'pass' : 'block';
  if (confidence < range.from) return 'block';
  return confidence > range.to ? 'pass' : 'challenge';
}

/** What the service gives a right answer (docs/BEHAVIOR.md, Challenges). The signals of the page may make it more there: its token says. */
const RIGHT_ANSWER = { confidence: 0.7, score: 70 };

export const withChallengePassed = (result: VerifyResult, token: string): VerifyResult => ({
  ...result,
  human: true,
  token,
  confidence: Math.max(result.confidence, RIGHT_ANSWER.confidence),
  score: Math.max(result.score, RIGHT_ANSWER.score),
});
