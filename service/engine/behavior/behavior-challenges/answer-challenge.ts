import { defined } from '../../../lib/defined.ts';
import { Problem } from '../../../lib/problem.ts';
import type { Db, Tx } from '../../../storage/transaction.ts';
import type { Actor, Audit, Foundation } from '../../audit/index.ts';
import type { Judgement } from '../judge.ts';
import type { SessionData } from '../session-data.ts';
import type { SignedRequest } from '../verdicts/declared-agents.ts';
import type { Asked } from '../verdicts/verdict.ts';
import type { Verdicts } from '../verdicts/verdicts.ts';
import {
  type ChallengeIntegrity,
  type ChallengeState,
  countWrongAnswers,
  type StoredChallenge,
  selectChallenge,
  selectLeft,
  updateChallenge,
} from './behavior-challenge-store.ts';
import {
  type AnswerResult,
  type ChallengeCaller,
  type ChallengeType,
  MOST_ATTEMPTS,
  type References,
} from './challenge.ts';

export interface ChallengeAnswer {
  challenge: string;
  answer: string;
  /** The signals of the page, where it sent some. */
  data?: SessionData;
  /** The caller's own name of the person; where it is given, it has to be that of the challenge. */
  userId?: string;
  /** The request, where it carries a signature: of an agent that declares itself. */
  signed?: SignedRequest;
  asked?: Asked;
  /** The caller's own data, for the event. */
  metadata?: Record<string, unknown>;
}

interface AnsweringDeps extends Pick<Foundation, 'inTransaction' | 'audit' | 'clock'> {
  integrity: ChallengeIntegrity;
  verdicts: Pick<Verdicts, 'userHashOf' | 'declaredBy' | 'judge' | 'issue'>;
  references: References;
}

/** Three wrong answers, or fewer and never the right one. */
const FAILED = { confidence: 0.3, human: false, notes: ['challenge_failed'] };
/** How far the clock may go back before an open challenge counts as over. */
const CLOCK_SLACK = 5_000;

/** One answer, its attempt, the token and the event in one transaction: of several answers at once, one wins. */
export function createAnswering(deps: AnsweringDeps) {
  const { inTransaction, integrity, clock, verdicts, references } = deps;
  return async function answer(
    caller: ChallengeCaller,
    { challenge, answer: given, data, userId, signed, asked, metadata }: ChallengeAnswer,
    actor: Actor,
  ): Promise<AnswerResult> {
    const declared = await verdicts.declaredBy(caller, signed);
    const result = await inTransaction(async (tx) => {
      const found = await selectChallenge(tx, integrity, caller, challenge);
      if (!found) throw noChallenge();
      if (userId !== undefined && verdicts.userHashOf(caller, userId) !== found.userHash) throw noChallenge();
      const now = clock.now();
      refuseEnded(found, now);
      await refuseGuesses(tx, found, now);
      const right = found.isRight(given);
      const isJudged = right && (data !== undefined || declared !== undefined);
      const judgement = isJudged ? await verdicts.judge(tx, caller, data, { declared }) : undefined;
      const judged = right
        ? judgeAnswer({
            type: found.type,
            accessible: found.accessible,
            sinceMade: now - found.createdAt,
            ...defined({ data, judgement }),
            ...(found.lastAnswerAt !== undefined && { sinceLast: now - found.lastAnswerAt }),
          })
        : FAILED;
      const attempts = found.attempts + 1;
      const passed = right && judged.human;
      const state = passed ? 'passed' : attempts >= MOST_ATTEMPTS ? 'failed' : 'open';
      await updateChallenge(tx, found.id, { state, attempts, lastAnswerAt: now });
      const attemptsRemaining = state === 'open' ? MOST_ATTEMPTS - attempts : 0;
      const refused = { is: 'refused', why: right ? 'not-human' : 'wrong', attemptsRemaining } as const;
      // A wrong answer alone decides nothing; a right one with the signals of a program does.
      if (state === 'open' && !right) return refused;
      const reference = userId ?? references.of(found.id);
      const token = await report(deps, tx, found, { state, judged, actor, reference, asked, metadata });
      return passed ? ({ is: 'passed', token } as const) : refused;
    });
    if (result.is === 'passed' || result.attemptsRemaining === 0) references.forget(challenge);
    return result;
  };
}

interface Ending {
  state: ChallengeState;
  judged: AnswerJudgement;
  actor: Actor;
  reference: string | undefined;
  asked?: Asked | undefined;
  metadata?: ChallengeAnswer['metadata'] | undefined;
}

/** The token with its event, and the line of the audit log where the challenge has ended. */
async function report(
  { verdicts, audit }: Pick<AnsweringDeps, 'verdicts' | 'audit'>,
  tx: Tx,
  one: StoredChallenge,
  { state, judged, actor, reference, asked, metadata }: Ending,
): Promise<string> {
  const { organization, world, lineage, userHash, accessible } = one;
  const { token } = await verdicts.issue(tx, {
    caller: { organization, world, lineage },
    kind: 'challenge',
    userHash,
    ...judged,
    ...defined({
      reference,
      metadata,
      asked: accessible ? { ...asked, accessible: true as const } : asked,
    }),
  });
  if (state !== 'open') await audited(tx, audit, one, { actor, state, notes: judged.notes });
  return token;
}

/** Ends it without an answer. */
async function endChallenge(
  deps: Pick<AnsweringDeps, 'verdicts' | 'audit'>,
  tx: Tx,
  one: StoredChallenge,
  ending: Ending,
): Promise<void> {
  await updateChallenge(tx, one.id, { state: ending.state });
  await report(deps, tx, one, ending);
}

/** Targets that were opened before the wrong answers to others: a guess must not have their chance any more. */
async function refuseGuesses(tx: Tx, found: StoredChallenge, now: number): Promise<void> {
  if (found.type !== 'click_targets' || !(await isGuessing(tx, found, now, found.id))) return;
  throw new Problem(
    'SESSION_EXPIRED',
    'Too many wrong answers were given to other challenges of this user or key: create another one.',
  );
}

export function refuseEnded({ state, expiresAt, createdAt }: StoredChallenge, now: number): void {
  const isOver = now >= expiresAt || now < createdAt - CLOCK_SLACK;
  if (state === 'open' && !isOver) return;
  throw new Problem(
    'SESSION_EXPIRED',
    'This challenge is over: it was answered, its three attempts or its 300 seconds are used up. Create another one.',
  );
}

export const noChallenge = () =>
  new Problem('NOT_FOUND', 'This API key has no challenge with this id for this user: create one.');

async function audited(
  tx: Tx,
  audit: Audit,
  { id, organization, type, accessible }: StoredChallenge,
  { actor, state, notes }: { actor: Actor; state: string; notes: string[] },
): Promise<void> {
  await audit.add(tx, {
    actor,
    organization,
    target: id,
    action: state === 'passed' ? 'behavior-challenge.pass' : 'behavior-challenge.fail',
    details: { type, accessible, notes },
  });
}

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

interface AnswerJudgement {
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

const actor: Actor = { is: 'appliance', task: 'behavior-challenges' };
/** Challenges of one look. */
const ROWS = 1_000;

/** Challenges that ended with wrong answers and without the right one have failed, as with three wrong answers. */
/** Milliseconds for which one whose person another node may name is left to that node. */
const LEFT_TO_OTHERS = 90_000;

export function createFailLeft(deps: AnsweringDeps & { db: Db; shared?: boolean }) {
  const { db, inTransaction, clock, references, shared = false } = deps;
  const isOthers = ({ id, expiresAt }: StoredChallenge, now: number) =>
    shared && references.of(id) === undefined && now < expiresAt + LEFT_TO_OTHERS;

  async function fail(tx: Tx, id: string, now: number): Promise<void> {
    const [one] = await selectLeft(tx, now, { id });
    if (one)
      await endChallenge(deps, tx, one, {
        state: 'failed',
        judged: FAILED,
        actor,
        reference: references.of(id),
      });
  }

  return async function failLeft(): Promise<void> {
    const now = clock.now();
    const failures: unknown[] = [];
    for (let found = ROWS; found === ROWS && failures.length === 0; ) {
      const left = await selectLeft(db, now, { most: ROWS });
      // Those that are left to others are the newest.
      const own = left.filter((one) => !isOthers(one, now));
      found = own.length;
      for (const { id } of own) {
        try {
          await inTransaction((tx) => fail(tx, id, now));
          references.forget(id);
        } catch (error) {
          failures.push(error);
        }
      }
    }
    if (failures.length > 0) throw failures[0];
  };
}

/**
 * A blind guess at targets is right one time in twelve, at a pattern one time in three thousand. After so many wrong answers about one user, or with one
 * key, only patterns are left.
 */
const OF_USER = { most: 2, within: 60 * 60_000 };
const OF_KEY = { most: 20, within: 10 * 60_000 };

/** Whether targets may not be shown to this user any more. `apart`: a challenge whose own wrong answers do not count. */
export async function isGuessing(
  from: Db,
  who: ChallengeCaller & { userHash: string },
  now: number,
  apart?: string,
): Promise<boolean> {
  const counted = async ({ most, within }: typeof OF_USER, userHash?: string) =>
    (await countWrongAnswers(from, who, { userHash, since: now - within, apart, enough: most })) >= most;
  return (await counted(OF_USER, who.userHash)) || counted(OF_KEY);
}
