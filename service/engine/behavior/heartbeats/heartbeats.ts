import { hash } from 'node:crypto';
import type { Clock, SteadyClock } from '../../../lib/clock.ts';
import { defined } from '../../../lib/defined.ts';
import type { OrganizationId, World } from '../../../lib/id.ts';
import { Problem } from '../../../lib/problem.ts';
import type { InTransaction, Tx } from '../../../storage/transaction.ts';
import { type Beat, beat } from '../heartbeat.ts';
import { followPage } from '../page-progress.ts';
import type { SessionData } from '../session-data.ts';
import type { SignedRequest } from '../verdicts/declared-agents.ts';
import type { Verdicts } from '../verdicts/verdicts.ts';
import {
  deleteFollowedUntil,
  type FollowedSession,
  type HeartbeatIntegrity,
  putFollowed,
  selectFollowed,
} from './heartbeat-store.ts';
import { followRhythm } from './rhythm.ts';

/** The key that asks: with its predecessors and successors it owns the token. */
export interface HeartbeatCaller {
  organization: OrganizationId;
  world: World;
  lineage: string;
}

export interface HeartbeatInput {
  /** The caller's own name of the user, as at the verification. */
  userId: string;
  /** The token of the verification, or of a passed challenge. */
  sessionToken: string;
  data?: SessionData;
  /** The request, where it carries a signature: of an agent that declares itself. */
  signed?: SignedRequest;
  /** The caller's own data, for the event. */
  metadata?: Record<string, unknown>;
}

export interface Heartbeat extends Omit<Beat, 'state' | 'compared'> {
  /** Score of the verdict that gave the token. */
  baseline: number;
}

export interface Heartbeats {
  /**
   * Judges one more window of a session; answers once it is on disk. Throws SESSION_EXPIRED for a token that is not, or no longer, this user's;
   * SESSION_KEY_MISMATCH for one of another key.
   */
  beat(caller: HeartbeatCaller, order: HeartbeatInput): Promise<Heartbeat>;
  /** Removes sessions whose tokens have run out. */
  sweep(): Promise<void>;
}

export interface HeartbeatsDeps {
  inTransaction: InTransaction;
  integrity: HeartbeatIntegrity;
  clock: Clock;
  steady: SteadyClock;
  verdicts: Pick<Verdicts, 'userHashOf' | 'tokenOf' | 'declaredBy' | 'judge' | 'commit' | 'announce'>;
}

type Shown = Omit<Beat, 'state' | 'compared'>;

/** As of any anomaly: a drop of more than 28. */
const RHYTHM_DROP = 29;
/** Under it a heartbeat blocks; another rhythm alone never does. */
const BLOCKS_UNDER = 30;

export function createHeartbeats({
  inTransaction,
  integrity,
  clock,
  steady,
  verdicts,
}: HeartbeatsDeps): Heartbeats {
  async function tokenOf(caller: HeartbeatCaller, { userId, sessionToken }: HeartbeatInput, from?: Tx) {
    const token = await verdicts.tokenOf(caller, sessionToken, from);
    if (!token || token.userHash !== verdicts.userHashOf(caller, userId)) throw noToken();
    if (token.lineage !== caller.lineage) throw otherKey();
    return token;
  }

  async function follow(
    tx: Tx,
    caller: HeartbeatCaller,
    { declared, ...order }: HeartbeatInput & { declared?: { name: string } },
  ): Promise<Heartbeat> {
    // Again, for it may have ended while this waited for its group.
    const token = await tokenOf(caller, order, tx);
    const before = await selectFollowed(tx, integrity, token.tokenHash);
    const page = order.data && followLastPage(before?.page, order.data, steady);
    const known = { declared, outOfOrder: page?.contradicts === true };
    const judgement = await verdicts.judge(tx, caller, order.data, known);
    const { state, compared, ...seen } = beat(before?.beat, judgement, token.score);
    // A program's typing teaches nothing about the person.
    const rhythm = followRhythm(before?.rhythm, judgement.hardRule ? undefined : order.data);
    const shown = rhythm.changed ? withAnotherRhythm(seen, token.score) : seen;
    // The verify itself has fired the event of its own answer.
    const wasBot = before?.reported ?? !token.human;
    const reported = await report(tx, { caller, order, shown, compared, wasBot });
    const { organization, world } = caller;
    await putFollowed(tx, integrity, {
      tokenHash: token.tokenHash,
      organization,
      world,
      anomaly: shown.anomaly,
      session: {
        beat: state,
        reported,
        ...defined({ rhythm: rhythm.state, page: page?.page ?? before?.page }),
      },
      beatAt: clock.now(),
      expiresAt: token.expiresAt,
    });
    return { ...shown, baseline: token.score };
  }

  /**
   * Events fire when the answer turns: not with every beat, and for a person only with a window that says something. Gives whether a bot is
   * the last that was reported.
   */
  async function report(
    tx: Tx,
    {
      caller,
      order: { userId, sessionToken, metadata },
      shown: { action, confidence },
      compared,
      wasBot,
    }: { caller: HeartbeatCaller; order: HeartbeatInput; shown: Shown; compared: boolean; wasBot: boolean },
  ): Promise<boolean> {
    const human = confidence >= 0.5;
    const turns = wasBot ? human && action === 'allow' && compared : !human && action !== 'allow';
    if (!turns) return wasBot;
    const { organization, world } = caller;
    await verdicts.announce(tx, {
      caller: { organization, world },
      reference: userId,
      human,
      confidence,
      token: sessionToken,
      ...defined({ metadata }),
    });
    return !human;
  }

  return {
    async beat(caller, order) {
      // Before it joins a group: what is refused writes nothing.
      await tokenOf(caller, order);
      const declared = await verdicts.declaredBy(caller, order.signed);
      return verdicts.commit((tx) => follow(tx, caller, { ...order, ...defined({ declared }) }));
    },
    sweep: () => inTransaction((tx) => deleteFollowedUntil(tx, clock.now())),
  };
}

/** The order of one page's windows. A reload begins another page. */
function followLastPage(last: FollowedSession['page'], data: SessionData, steady: SteadyClock) {
  const sidHash = hash('sha256', data.sid, 'base64url').slice(0, 22);
  const known = last?.sidHash === sidHash ? last : undefined;
  const arrived = { now: steady.now(), begun: steady.begun };
  const { progress, contradicts } = followPage(known, data, arrived);
  return { page: { ...progress, sidHash }, contradicts };
}

/** An anomaly that flags, where the score of the verification leaves room for one that does not block. */
function withAnotherRhythm(seen: Shown, baseline: number): Shown {
  const notes = [...seen.notes, 'changed_rhythm'];
  const dropped = Math.round(baseline) - RHYTHM_DROP;
  if (seen.score <= dropped || dropped < BLOCKS_UNDER) return { ...seen, notes };
  return {
    score: dropped,
    confidence: dropped / 100,
    delta: dropped - Math.round(baseline),
    anomaly: true,
    action: 'flag',
    notes,
  };
}

const noToken = () =>
  new Problem(
    'SESSION_EXPIRED',
    'This session token is not, or no longer, a token of this user: verify the user again (POST /api/v1/verify).',
  );

const otherKey = () =>
  new Problem(
    'SESSION_KEY_MISMATCH',
    'Another API key got this session token: send heartbeats with the key that verified the user, or with its successor.',
  );
