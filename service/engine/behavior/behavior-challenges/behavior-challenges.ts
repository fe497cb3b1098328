import { randomFillSync } from 'node:crypto';
import type { ChallengePictures } from '../../../inference/pictures/challenge-pictures.ts';
import type { Clock } from '../../../lib/clock.ts';
import { defined } from '../../../lib/defined.ts';
import type { Ids } from '../../../lib/id.ts';
import { Problem } from '../../../lib/problem.ts';
import { type Chance, createChance, type RandomBytes } from '../../../lib/random/chance.ts';
import type { Db, InTransaction, Tx } from '../../../storage/transaction.ts';
import type { Actor, Audit } from '../../audit/index.ts';
import type { BehaviorSettingsOf } from '../behavior-settings/behavior-settings.ts';
import type { Verdicts } from '../verdicts/verdicts.ts';
import {
  type ChallengeAnswer,
  createAnswering,
  createFailLeft,
  isGuessing,
  noChallenge,
  refuseEnded,
} from './answer-challenge.ts';
import {
  type ChallengeIntegrity,
  deleteChallengesBefore,
  insertChallenge,
  type StoredChallenge,
  selectChallenge,
  updateChallenge,
} from './behavior-challenge-store.ts';
import {
  type AnswerResult,
  type ChallengeCaller,
  createReferences,
  type DrawnChallenge,
  LIFE,
  type OpenedChallenge,
} from './challenge.ts';
import { type Drawing, drawPattern, drawTargets, type Language } from './draw-targets.ts';

/** The person of it: by the caller's own name, or the person of an open challenge, which the new one replaces. */
export type ChallengeOptions = ({ userId: string } | { replaces: string }) & {
  /** The hint in words, for people who cannot see or point. */
  accessible: boolean;
  /** English when absent. */
  language?: Language;
};

export interface BehaviorChallenges {
  /** Throws NOT_FOUND and SESSION_EXPIRED of the challenge that is replaced; CONFLICT where that has the accessible form already. */
  create(caller: ChallengeCaller, order: ChallengeOptions): Promise<OpenedChallenge>;
  /** Throws NOT_FOUND; SESSION_EXPIRED once it is over, passed or out of attempts. */
  answer(caller: ChallengeCaller, answer: ChallengeAnswer, actor: Actor): Promise<AnswerResult>;
  /** Whether this process has the caller's own name of the person who holds it. */
  knows(challenge: string): boolean;
  /** Reports challenges that ended with wrong answers as failed. */
  expireDue(): Promise<void>;
  /** Removes what ended long ago. */
  sweep(): Promise<void>;
}

export interface BehaviorChallengesDeps {
  db: Db;
  inTransaction: InTransaction;
  integrity: ChallengeIntegrity;
  audit: Audit;
  clock: Clock;
  ids: Ids;
  random?: RandomBytes;
  pictures: ChallengePictures;
  behaviorSettings: Pick<BehaviorSettingsOf, 'get'>;
  verdicts: Pick<Verdicts, 'userHashOf' | 'declaredBy' | 'judge' | 'issue'>;
  /** Other nodes make challenges too. */
  shared?: boolean;
}

/** Longer than wrong answers count. */
const KEPT = 60 * 60_000;

export function createBehaviorChallenges({
  random = randomFillSync,
  ...deps
}: BehaviorChallengesDeps): BehaviorChallenges {
  const { db, inTransaction, integrity, clock, ids, behaviorSettings, verdicts, pictures } = deps;
  const chance = createChance(random);
  const references = createReferences(clock);

  async function open(caller: ChallengeCaller, id: string) {
    const found = await selectChallenge(db, integrity, caller, id);
    if (!found) throw noChallenge();
    refuseEnded(found, clock.now());
    return found;
  }

  async function draw(
    caller: ChallengeCaller,
    userHash: string,
    { accessible, language }: Pick<ChallengeOptions, 'accessible' | 'language'>,
  ) {
    const { challengePictures } = await behaviorSettings.get(caller.organization);
    return drawOne(chance, {
      accessible,
      pattern: await isGuessing(db, { ...caller, userHash }, clock.now()),
      ...defined({ pictures: challengePictures ? pictures : undefined, language }),
    });
  }

  return {
    async create(caller, order) {
      const before = 'replaces' in order ? await open(caller, order.replaces) : undefined;
      const userHash = before?.userHash ?? verdicts.userHashOf(caller, (order as { userId: string }).userId);
      const { shown, answer } = await draw(caller, userHash, order);
      const id = ids.next('behaviorChallenge');
      await inTransaction(async (tx) => {
        const used = before ? await takeOver(tx, integrity, caller, before.id, clock.now()) : { attempts: 0 };
        const createdAt = clock.now();
        const { organization, world, lineage } = caller;
        await insertChallenge(
          tx,
          integrity,
          {
            id,
            organization,
            world,
            lineage,
            userHash,
            type: shown.type,
            accessible: order.accessible,
            ...used,
            createdAt,
            expiresAt: createdAt + LIFE,
          },
          answer,
        );
      });
      references.keep(id, 'userId' in order ? order.userId : references.of(order.replaces));
      if (before) references.forget(before.id);
      return { id, shown, expiresInSeconds: LIFE / 1000 };
    },
    answer: createAnswering({ ...deps, references }),
    knows: (challenge) => references.of(challenge) !== undefined,
    expireDue: createFailLeft({ ...deps, references }),
    sweep: () => inTransaction((tx) => deleteChallengesBefore(tx, clock.now() - KEPT)),
  };
}

function drawOne(
  chance: Chance,
  { accessible, pattern, ...drawing }: { accessible: boolean; pattern: boolean } & Drawing,
): Promise<DrawnChallenge> {
  const { language } = drawing;
  if (accessible) return drawPattern(chance, defined({ language }));
  return pattern || chance.below(2) === 0 ? drawPattern(chance, drawing) : drawTargets(chance, drawing);
}

/** Ends the challenge that is replaced; gives which of its attempts were used. */
async function takeOver(
  tx: Tx,
  integrity: ChallengeIntegrity,
  caller: ChallengeCaller,
  id: string,
  now: number,
): Promise<Pick<StoredChallenge, 'attempts' | 'lastAnswerAt'>> {
  const found = await selectChallenge(tx, integrity, caller, id);
  if (!found) throw noChallenge();
  refuseEnded(found, now);
  if (found.accessible)
    throw new Problem(
      'CONFLICT',
      'This challenge has the accessible form already: answer it, or create another one.',
    );
  await updateChallenge(tx, id, { state: 'replaced' });
  const { attempts, lastAnswerAt } = found;
  return { attempts, ...defined({ lastAnswerAt }) };
}
