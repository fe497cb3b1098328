import type { Clock } from '../../lib/clock.ts';
import { defined } from '../../lib/defined.ts';
import { Problem } from '../../lib/problem.ts';
import type { InTransaction, Tx } from '../../storage/transaction.ts';
import type { Actor, Audit } from '../audit/index.ts';
import type { SessionData } from '../behavior/index.ts';
import type { SignedRequest, Verdicts } from '../verdicts/index.ts';
import {
  type ChallengeIntegrity,
  type ChallengeState,
  type StoredChallenge,
  selectChallenge,
  updateChallenge,
} from './behavior-challenge-store.ts';
import { type AnswerResult, type ChallengeCaller, MOST_ATTEMPTS } from './challenge.ts';
import { type AnswerJudgement, judgeAnswer } from './judge-answer.ts';
import type { References } from './references.ts';
import { isGuessing } from './wrong-answers.ts';

export interface ChallengeAnswer {
  challenge: string;
  answer: string;
  /** The signals of the page, where it sent some. */
  data?: SessionData;
  /** The caller's own name of the person; where it is given, it has to be that of the challenge. */
  userId?: string;
  /** The request, where it carries a signature: of an agent that declares itself. */
  signed?: SignedRequest;
}

export interface AnsweringDeps {
  inTransaction: InTransaction;
  integrity: ChallengeIntegrity;
  audit: Audit;
  clock: Clock;
  verdicts: Pick<Verdicts, 'userHashOf' | 'declaredBy' | 'judge' | 'issue'>;
  references: References;
}

/** Three wrong answers, or fewer and never the right one. */
export const FAILED = { confidence: 0.3, human: false, notes: ['challenge_failed'] };
/** How far the clock may go back before an open challenge counts as over. */
const CLOCK_SLACK = 5_000;

/** One answer, its attempt, the token and the event in one transaction: of several answers at once, one wins. */
export function createAnswering(deps: AnsweringDeps) {
  const { inTransaction, integrity, clock, verdicts, references } = deps;
  return async function answer(
    caller: ChallengeCaller,
    { challenge, answer: given, data, userId, signed }: ChallengeAnswer,
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
      const token = await report(deps, tx, found, { state, judged, actor, reference });
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
}

/** The token with its event, and the line of the audit log where the challenge has ended. */
async function report(
  { verdicts, audit }: Pick<AnsweringDeps, 'verdicts' | 'audit'>,
  tx: Tx,
  one: StoredChallenge,
  { state, judged, actor, reference }: Ending,
): Promise<string> {
  const { organization, world, lineage, userHash } = one;
  const { token } = await verdicts.issue(tx, {
    caller: { organization, world, lineage },
    kind: 'challenge',
    userHash,
    ...judged,
    ...defined({ reference }),
  });
  if (state !== 'open') await audited(tx, audit, one, { actor, state, notes: judged.notes });
  return token;
}

/** Ends it without an answer. */
export async function endChallenge(
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
