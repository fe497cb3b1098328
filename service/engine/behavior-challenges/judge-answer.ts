import type { Judgement, SessionData } from '../behavior/index.ts';
import type { ChallengeType } from './challenge.ts';

export interface AnswerFacts {
  type: ChallengeType;
  accessible: boolean;
  /** Milliseconds since the challenge was made; absent where the clock went back. */
  sinceMade?: number;
  /** Milliseconds since the answer before. */
  sinceLast?: number;
  data?: SessionData;
  /** Of `data`. */
  judgement?: Pick<Judgement, 'confidence' | 'notes'>;
}

export interface AnswerJudgement {
  /** 0 to 1. */
  confidence: number;
  human: boolean;
  notes: string[];
}

/** Log-odds of a right answer alone: confidence 0.70. */
const RIGHT = 0.85;
/** The signals of the page add this much at most: confidence 0.91. */
const MOST_ADDED = 1.5;
/** No person reads the challenge and answers in this many milliseconds, the way over the network included. */
const LEAST: Readonly<Record<ChallengeType, number>> = { click_targets: 350, pattern: 700 };
const LEAST_BETWEEN = 250;
const TOO_FAST = -4;
/** Screen readers press buttons without a press that the page sees: little. */
const NO_INPUT = -0.6;
const MOST = 4;

/** How sure it is that a person gave this right answer. What a program can imitate easily never outweighs what speaks for one. */
export function judgeAnswer(facts: AnswerFacts): AnswerJudgement {
  const { data, judgement } = facts;
  const notes = new Set(judgement?.notes);
  let logOdds = RIGHT + Math.min(judgement ? logit(judgement.confidence) : 0, MOST_ADDED);
  if (isTooFast(facts)) {
    logOdds += TOO_FAST;
    notes.add('challenge_too_fast');
  }
  if (data && !facts.accessible && !hasPressed(data)) {
    logOdds += NO_INPUT;
    notes.add('challenge_without_input');
  }
  notes.add(facts.accessible ? 'accessible_challenge' : 'challenge');
  const clipped = Math.max(-MOST, Math.min(MOST, logOdds));
  // Rounded down: 0.498 is no human and must not read 0.5.
  const confidence = Math.floor(100 / (1 + Math.exp(-clipped))) / 100;
  return { confidence, human: confidence >= 0.5, notes: [...notes] };
}

/** Within what a judgement can say. */
function logit(confidence: number): number {
  const p = Math.max(0.018, Math.min(0.982, confidence));
  return Math.log(p / (1 - p));
}

function isTooFast({ type, sinceMade, sinceLast }: AnswerFacts): boolean {
  const before = (value: number | undefined, least: number) =>
    value !== undefined && value >= 0 && value < least;
  return before(sinceMade, LEAST[type]) || before(sinceLast, LEAST_BETWEEN);
}

const hasPressed = ({ counts }: SessionData): boolean => counts.down + counts.touch + counts.keyDown > 0;
