import { defined } from '../../../lib/defined.ts';
import type { Share } from '../../../lib/fair/fair-queue.ts';
import type { SessionId } from '../../../lib/id.ts';
import type { ModelPlan } from '../../matching/index.ts';
import type { Realm } from '../../people/index.ts';
import { type Attempt, type FrameFinding, POSTS } from './judge-frame.ts';
import { MOST_ATTEMPTS } from './parts.ts';
import type { SessionCamera, SessionResult } from './session.ts';
import type { QueuePosition } from './session-capacity.ts';
import { outcomeOf, type SessionRow } from './session-store.ts';
import type { LiveState } from './sessions.ts';

/** Milliseconds for one frame: ten a second, with room for an uneven network. */
const PACE = 80;
/** Frames that a client may send together, as in one POST. */
const BURST = 5;
/** Frames left out, less half of those judged, from which the client is asked to send slower: it sends half as many again as it gets. */
const TOO_FAST = 4;
/** Milliseconds after which a session that no client uses is forgotten here. */
const UNUSED = 60_000;

/** What one session does in this process; its row says all else. Nothing of it outlives the process. Changed by `reduce` alone. */
export interface LiveSession extends Readonly<FrameFinding> {
  readonly session: SessionId;
  readonly realm: Realm;
  readonly expiresAt: number;
  readonly usedAt: number;
  /** Whose turn its frames take. */
  readonly share: Share;
  /** Frames come by this connection; another one takes its place. */
  readonly connection?: Connection | undefined;
  /** A start waits for a place. */
  readonly start?: { camera?: SessionCamera } | undefined;
  readonly queue: QueuePosition;
  /** When it asked for a place and got none, and its row and place in the queue then. */
  readonly waited?: { at: number; row: SessionRow; queue: QueuePosition } | undefined;
  readonly attempt?: Attempt | undefined;
  /** The end of an attempt is being decided. */
  readonly deciding: boolean;
  /** A frame was judged. */
  readonly seen: boolean;
  /** Models that judge its frames, and since when they are known. */
  readonly plan?: { plan: ModelPlan; at: number };
  readonly pace: Pace;
}

interface Connection {
  key: symbol;
  replaced?: () => void;
}

/** One frame is judged at a time; of those that come meanwhile the newest is next. */
interface Pace {
  busy: boolean;
  waiting?: TakeTurn | undefined;
  /** Frames that may be judged at once, and when they were last counted. */
  allowance: number;
  countedAt: number;
  /** Frames that were left out, less half of those that were judged; 0..10. */
  early: number;
}

/** Whether a frame is judged now. `slower`: the client sends faster than it is served. */
export interface Turn {
  judged: boolean;
  slower: boolean;
}
type TakeTurn = (turn: Turn) => void;

export type LiveEvent =
  | { is: 'connected'; connection: Connection; share: Share; expiresAt: number; at: number }
  | { is: 'disconnected'; key: symbol }
  | { is: 'start-asked'; camera?: SessionCamera }
  | { is: 'queued'; queue: QueuePosition }
  | { is: 'waited'; at: number; row: SessionRow }
  | { is: 'planned'; plan: ModelPlan; at: number }
  | { is: 'attempt-begun'; attempt: Attempt }
  /** No attempt is left. */
  | { is: 'start-refused' }
  | { is: 'stop-asked' }
  | { is: 'used'; at: number }
  /** A frame asks for its turn; one that got it gives it back. */
  | { is: 'turn-asked'; at: number; take: TakeTurn }
  | { is: 'turn-over' }
  | { is: 'frame-judged'; found: FrameFinding }
  /** Passed, failed, or out of time. */
  | { is: 'attempt-over'; attempt: Attempt }
  | { is: 'attempt-decided' }
  /** The session was decided elsewhere, or changed hands. */
  | { is: 'dropped' };

/** What follows outside of the state. */
export type LiveEffect =
  | { is: 'leave-queue' }
  | { is: 'decide-attempt'; attempt: Attempt }
  | { is: 'say-replaced'; connection: Connection }
  | { is: 'give-turn'; take: TakeTurn; turn: Turn };

export interface Reduced {
  state: LiveSession;
  effects: LiveEffect[];
}

export const liveSession = (
  of: Pick<LiveSession, 'session' | 'realm' | 'share' | 'expiresAt'>,
  at: number,
): LiveSession => ({
  ...of,
  usedAt: at,
  queue: ADMITTED,
  deciding: false,
  seen: false,
  pace: { busy: false, allowance: BURST, countedAt: at, early: 0 },
});

const ADMITTED: QueuePosition = { position: 0, waitSeconds: 0 };

/** What an event makes of a session. */
export function reduce(state: LiveSession, event: LiveEvent): Reduced {
  const next = (changed: Partial<LiveSession>, ...effects: LiveEffect[]): Reduced => ({
    state: { ...state, ...changed },
    effects,
  });
  const { connection, attempt } = state;
  switch (event.is) {
    case 'connected': {
      const { is: _, at: usedAt, ...changed } = event;
      const isOther = connection !== undefined && connection.key !== event.connection.key;
      return next({ ...changed, usedAt }, ...(isOther ? [{ is: 'say-replaced' as const, connection }] : []));
    }
    case 'disconnected': {
      if (connection?.key !== event.key) return next({});
      const gone = { connection: undefined, face: undefined };
      // In the queue it keeps its place for as long as a session that is silent: its page connects anew.
      const isQueued = state.queue.position > 0;
      const holdsUnused = !attempt && !isQueued && event.key !== POSTS;
      return holdsUnused ? next({ ...gone, ...outOfQueue }, { is: 'leave-queue' }) : next(gone);
    }
    case 'start-asked':
      return next({ start: defined({ camera: event.camera }) });
    case 'queued':
      return next({ queue: event.queue });
    case 'waited':
      return next({ waited: { at: event.at, row: event.row, queue: state.queue } });
    case 'planned':
      return next({ plan: { plan: event.plan, at: event.at } });
    case 'attempt-begun':
      return next({ attempt: event.attempt, start: undefined, waited: undefined });
    case 'start-refused':
      return next(outOfQueue, { is: 'leave-queue' });
    case 'used':
      return next({ usedAt: event.at });
    case 'turn-asked':
      return paced(state, askTurn(state.pace, event));
    case 'turn-over':
      return paced(state, endTurn(state.pace));
    case 'frame-judged':
      return next({ seen: true, face: event.found.face, guidance: event.found.guidance });
    case 'stop-asked':
      return attempt
        ? reduce(state, { is: 'attempt-over', attempt })
        : next(outOfQueue, { is: 'leave-queue' });
    case 'attempt-over': {
      if (!attempt || attempt !== event.attempt) return next({});
      const over = {
        ...outOfQueue,
        attempt: undefined,
        waited: undefined,
        guidance: undefined,
        deciding: true,
      };
      return next(over, { is: 'leave-queue' }, { is: 'decide-attempt', attempt });
    }
    case 'attempt-decided':
      return next({ deciding: false });
    case 'dropped': {
      const left = { ...outOfQueue, waited: undefined, connection: undefined, attempt: undefined };
      const forgotten = { guidance: undefined, face: undefined, seen: false };
      const effects: LiveEffect[] = connection ? [{ is: 'say-replaced', connection }] : [];
      return next({ ...left, ...forgotten }, { is: 'leave-queue' }, ...effects);
    }
    default:
      return event satisfies never;
  }
}

const outOfQueue = { start: undefined, queue: ADMITTED };

interface Paced {
  pace: Pace;
  effects: LiveEffect[];
}

const paced = (state: LiveSession, { pace, effects }: Paced): Reduced => ({
  state: { ...state, pace },
  effects,
});

function askTurn(before: Pace, { at, take }: { at: number; take: TakeTurn }): Paced {
  const allowance = Math.min(BURST, before.allowance + Math.abs(at - before.countedAt) / PACE);
  const pace = { ...before, allowance, countedAt: at };
  if (allowance < 1) return leaveOut(pace, take);
  if (!pace.busy) return giveTurn({ ...pace, busy: true }, take);
  const { pace: counted, effects } = pace.waiting ? leaveOut(pace, pace.waiting) : { pace, effects: [] };
  return { pace: { ...counted, waiting: take }, effects };
}

const endTurn = (pace: Pace): Paced =>
  pace.waiting
    ? giveTurn({ ...pace, waiting: undefined }, pace.waiting)
    : { pace: { ...pace, busy: false }, effects: [] };

const giveTurn = (pace: Pace, take: TakeTurn): Paced => ({
  pace: { ...pace, allowance: pace.allowance - 1, early: Math.max(0, pace.early - 0.5) },
  effects: [{ is: 'give-turn', take, turn: { judged: true, slower: false } }],
});

function leaveOut(pace: Pace, take: TakeTurn): Paced {
  const early = Math.min(10, pace.early + 1);
  const turn = { judged: false, slower: early >= TOO_FAST };
  return { pace: { ...pace, early }, effects: [{ is: 'give-turn', take, turn }] };
}

/** No client uses it. */
export const isUnused = (
  { usedAt, connection, attempt, deciding, pace }: LiveSession,
  now: number,
): boolean => !connection && !attempt && !deciding && !pace.busy && Math.abs(now - usedAt) > UNUSED;

/** What the page shows; never a score, and never why an attempt was not passed. `result`: of a session that has one. */
export function describeState(
  live: LiveSession | undefined,
  row: SessionRow,
  result: SessionResult | undefined,
): LiveState {
  const base = {
    is: 'state' as const,
    attempt: row.attempts,
    attemptsLeft: Math.max(0, MOST_ATTEMPTS - row.attempts),
  };
  if (result) {
    const ended = row.decision === 'expired' || row.decision === 'cancelled';
    return { ...base, attemptsLeft: 0, state: ended ? 'ended' : 'decided', result };
  }
  if (live?.deciding) return { ...base, state: 'checking' };
  if (live && live.queue.position > 0) return { ...base, state: 'queued', ...live.queue };
  const guidance = defined({ guidance: live?.guidance });
  if (live?.attempt) return { ...base, ...guidance, state: 'running', ...stepOf(live.attempt) };
  const { notPassed } = outcomeOf(row);
  if (row.attempts > 0 || notPassed !== undefined)
    return { ...base, ...guidance, state: 'between', notPassed: { code: notPassed ?? 'UNSURE' } };
  return { ...base, ...guidance, state: live?.seen ? 'guiding' : 'ready' };
}

function stepOf({ challenge: { step }, progress }: Attempt): Pick<LiveState, 'step'> {
  if (!step) return {};
  const { index, of, name, holdMs, limitMs, color } = step;
  // A fine scale would show how near the judge's threshold is.
  const shown = Math.floor(progress * 20) / 20;
  return { step: { index, of, name, holdMs, limitMs, progress: shown, ...defined({ color }) } };
}
