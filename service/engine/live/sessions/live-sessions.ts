import { defined } from '../../../lib/defined.ts';
import type { SessionId } from '../../../lib/id.ts';
import { Problem } from '../../../lib/problem.ts';
import { type ModelPlan, outcomeOfPicture } from '../../matching/index.ts';
import { createDecideAttempt } from './decide-attempt.ts';
import {
  type Attempt,
  checkFrame,
  createAttempt,
  createJudgeFrame,
  POSTS,
  type ReceivedFrame,
} from './judge-frame.ts';
import {
  describeState,
  isUnused,
  type LiveEffect,
  type LiveEvent,
  type LiveSession,
  liveSession,
  reduce,
  type Turn,
} from './live-session.ts';
import { MOST_ATTEMPTS } from './parts.ts';
import type { RecordingParts } from './record-session.ts';
import type { SessionCapacity } from './session-capacity.ts';
import { over, planOf } from './session-rules.ts';
import { realmOf, type SessionRow } from './session-store.ts';
import type { ConnectOptions, FrameLink, LiveState } from './sessions.ts';
import { testEndOf } from './test-end.ts';

/** Milliseconds after which a changed profile or model counts. */
const PLAN_KEPT = 10_000;
/** Milliseconds for which a session that waits is answered as before, without a look at anything: its page asks once a second. */
const ASKED_AGAIN = 900;

export interface LiveSessionsDeps {
  capacity: SessionCapacity;
  /** Decides what time has decided. */
  expire(row: SessionRow): Promise<boolean>;
}

const isDecided = ({ decision, held_until }: SessionRow) => decision !== null || held_until !== null;

/** Sessions in this process, for what the page and the relying party do with them. */
export function createLiveSessions(parts: RecordingParts, deps: LiveSessionsDeps) {
  const states = createStates(parts, deps);
  const { fresh, settled, maintain, describe, drop, isDeciding, maintainAll } = states;
  return {
    connect: createConnect(parts, states, deps.capacity),
    fresh,
    settled,
    drop,
    isDeciding,
    maintainAll,
    /** By the capability; `following`: the device that handed the session over. */
    async state({ id }: SessionRow, following: boolean): Promise<LiveState> {
      await maintain(id);
      const state = await describe(id);
      const ended = state.state === 'decided' || state.state === 'ended';
      return following && !ended ? { ...state, state: 'following' } : state;
    },
  };
}

export type LiveSessions = ReturnType<typeof createLiveSessions>;

/** The only place that changes a `LiveSession`, and that carries out what follows. */
function createStates(parts: RecordingParts, { capacity, expire }: LiveSessionsDeps) {
  const { store, sealed, clock, log } = parts;
  const states = new Map<string, LiveSession>();
  /** Of ended attempts, while they are decided. */
  const decisions = new Map<string, Promise<void>>();
  const decideAttempt = createDecideAttempt(parts);

  function dispatch(id: string, event: LiveEvent): void {
    const before = states.get(id);
    if (!before) return;
    const { state, effects } = reduce(before, event);
    states.set(id, state);
    for (const effect of effects) carryOut(id, effect);
  }

  function decide(id: string, attempt: Attempt): void {
    const decision = decideAttempt(id, attempt)
      .catch((error: unknown) => log.error({ error, session: id }, 'an attempt was not decided'))
      .finally(() => {
        decisions.delete(id);
        dispatch(id, { is: 'attempt-decided' });
      });
    decisions.set(id, decision);
  }

  function carryOut(id: string, effect: LiveEffect): void {
    if (effect.is === 'leave-queue') capacity.leave(id);
    else if (effect.is === 'say-replaced') effect.connection.replaced?.();
    else if (effect.is === 'give-turn') effect.take(effect.turn);
    else decide(id, effect.attempt);
  }

  /** A session as it is now; time has decided it where it was due. */
  async function fresh(id: string): Promise<SessionRow> {
    const row = await store.byId(id);
    if (!row) throw over();
    if (isDecided(row) || decisions.has(id) || row.expires_at > clock.now()) return row;
    await expire(row);
    return (await store.byId(id)) ?? row;
  }

  async function settled(id: string): Promise<void> {
    await decisions.get(id);
  }

  /** Ends the attempt, and waits for the decision, where time has ended it. */
  async function maintain(id: string): Promise<void> {
    const attempt = states.get(id)?.attempt;
    if (!attempt?.isOver(clock.now())) return;
    dispatch(id, { is: 'attempt-over', attempt });
    await settled(id);
  }

  async function describe(id: string): Promise<LiveState> {
    return describeRow(id, await fresh(id));
  }
  const describeRow = async (id: string, row: SessionRow): Promise<LiveState> =>
    describeState(states.get(id), row, isDecided(row) ? await sealed.result(row) : undefined);

  return {
    get: (id: string) => states.get(id),
    dispatch,
    fresh,
    settled,
    maintain,
    describe,
    describeRow,
    /** A client comes. */
    connect(
      event: Extract<LiveEvent, { is: 'connected' }>,
      of: Pick<LiveSession, 'session' | 'realm'>,
    ): void {
      const { share, expiresAt, at } = event;
      if (!states.has(of.session)) states.set(of.session, liveSession({ ...of, share, expiresAt }, at));
      dispatch(of.session, event);
    },
    /** Ends attempts that time has ended, and forgets sessions that no client uses. */
    async maintainAll(): Promise<void> {
      for (const id of states.keys()) await maintain(id);
      for (const [id, live] of states) if (isUnused(live, clock.now())) states.delete(id);
    },
    /** The session was decided elsewhere, or changed hands. */
    drop: (id: string): void => dispatch(id, { is: 'dropped' }),
    isDeciding: (id: string): boolean => decisions.has(id),
  };
}

type States = ReturnType<typeof createStates>;

/** Connects clients to their sessions, each in place of the client before. */
function createConnect(
  parts: RecordingParts,
  states: States,
  capacity: SessionCapacity,
): (row: SessionRow, order?: ConnectOptions) => FrameLink {
  const { clock } = parts;
  const { dispatch, fresh, maintain, describe, describeRow } = states;
  const judgeFrame = createJudgeFrame(parts, capacity);
  const beginAttempt = createBeginAttempt(parts, states);

  /** Asks for a place; whether the session is admitted. */
  function isAdmitted({ session, share, attempt, start }: LiveSession): boolean {
    const trying = attempt?.challenge.step ? 'step' : (attempt ?? start) ? 'attempt' : 'nothing';
    const queue = capacity.ask(session, share, trying);
    dispatch(session, { is: 'queued', queue });
    return queue.position === 0;
  }

  async function planIn({ session, realm, plan: known }: LiveSession, profile: string): Promise<ModelPlan> {
    const at = clock.now();
    if (known && Math.abs(at - known.at) <= PLAN_KEPT) return known.plan;
    const { plan } = await planOf(parts, { realm, profile });
    dispatch(session, { is: 'planned', plan, at });
    return plan;
  }

  return (row, { replaced, posts, address } = {}) => {
    const { id } = row;
    const session = id as SessionId;
    const key = posts ? POSTS : Symbol(id);
    const realm = realmOf(row);
    // A published flow, a link and a session of one key or administrator are each a caller of their own.
    const share = { ...realm, key: `${row.flow} ${row.actor}`, ...defined({ address }) };
    const connection = { key, ...defined({ replaced }) };
    const of = { share, expiresAt: row.expires_at, at: clock.now() };
    states.connect({ is: 'connected', connection, ...of }, { session, realm });

    const now = (): LiveSession => states.get(id)!;
    /** Its row and its place in the queue, where it asked just now and was not admitted. */
    function justWaited(): LiveSession['waited'] {
      const { waited } = now();
      const isOver = !waited || Math.abs(clock.now() - waited.at) >= ASKED_AGAIN || capacity.has(id);
      return isOver ? undefined : waited;
    }
    /** After it asked for a place at `at`. */
    async function describeAsked(at: number): Promise<LiveState> {
      const asked = await fresh(id);
      const answer = await describeRow(id, asked);
      if (answer.state === 'queued') dispatch(id, { is: 'waited', at, row: asked });
      return answer;
    }
    /** Throws CONFLICT. */
    function requireConnected(): void {
      if (states.get(id)?.connection?.key === key) return;
      throw new Problem('CONFLICT', 'Another connection has taken over this session.');
    }

    /** Its turn, where the session may be judged now; else the answer. */
    async function turnFor(receivedAt: number): Promise<Turn> {
      const left = { judged: false, slower: false };
      const state = now();
      if (state.expiresAt <= clock.now() || state.deciding || !isAdmitted(state)) return left;
      if (state.start) await beginAttempt(id);
      return new Promise((take) => dispatch(id, { is: 'turn-asked', at: receivedAt, take }));
    }

    /** Judges a frame whose turn it is; undefined where the session is decided. */
    async function judge(frame: Parameters<typeof judgeFrame>[1]): Promise<Partial<LiveState> | undefined> {
      // Another connection may have come while the frame waited.
      requireConnected();
      const before = await fresh(id);
      if (isDecided(before)) return undefined;
      const plan = await planIn(now(), before.profile);
      const { attempt } = now();
      if (attempt && realm.world === 'test' && (await endsAsTest(attempt, before, { frame, plan })))
        return { judged: frame.at, judgedMs: Math.max(0, clock.now() - frame.receivedAt) };
      const isCurrent = () => now().attempt === attempt;
      const judged = await capacity.judge(id, () => judgeFrame(now(), frame, plan, isCurrent));
      dispatch(id, { is: 'frame-judged', found: judged ?? now() });
      if (attempt && (judged?.attempt === 'passed' || judged?.attempt === 'failed'))
        dispatch(id, { is: 'attempt-over', attempt });
      if (!judged) return { leftOut: true };
      return { judged: frame.at, judgedMs: Math.max(0, clock.now() - frame.receivedAt) };
    }

    /** Whether the frame is the picture of a test person, which ends the attempt. */
    async function endsAsTest(
      attempt: Attempt,
      { matching }: SessionRow,
      { frame: { frame }, plan }: { frame: ReceivedFrame; plan: ModelPlan },
    ): Promise<boolean> {
      const outcome = outcomeOfPicture(frame);
      const isMatched = matching !== 'none';
      const end = outcome && (await testEndOf(parts, outcome, { realm, plan, isMatched }));
      if (!end || now().attempt !== attempt) return false;
      attempt.endAs(end);
      dispatch(id, { is: 'attempt-over', attempt });
      await states.settled(id);
      return true;
    }

    return {
      session,
      async state() {
        await maintain(id);
        return describe(id);
      },
      async start(camera) {
        requireConnected();
        const asked = { is: 'start-asked' as const, ...defined({ camera }) };
        const waits = justWaited();
        if (waits) {
          dispatch(id, asked);
          dispatch(id, { is: 'queued', queue: waits.queue });
          return describeRow(id, waits.row);
        }
        const at = clock.now();
        await maintain(id);
        const before = await fresh(id);
        const isOver = isDecided(before) || before.attempts >= MOST_ATTEMPTS;
        if (isOver || now().attempt || now().deciding) return describe(id);
        dispatch(id, asked);
        if (isAdmitted(now())) await beginAttempt(id);
        // One that was ordered with its outcome is over at once.
        await states.settled(id);
        return describeAsked(at);
      },
      async stop() {
        requireConnected();
        dispatch(id, { is: 'stop-asked' });
        await states.settled(id);
        const waits = justWaited();
        return waits ? describeRow(id, waits.row) : describe(id);
      },
      async submitFrame(frame, at) {
        requireConnected();
        const { brief } = checkFrame(frame);
        const receivedAt = clock.now();
        const waits = justWaited();
        if (waits) return describeRow(id, waits.row);
        dispatch(id, { is: 'used', at: receivedAt });
        await maintain(id);
        const { judged, slower } = await turnFor(receivedAt);
        if (!judged) {
          const answer = await describeAsked(receivedAt);
          return { ...answer, ...(slower && { slower: true }) };
        }
        try {
          const answer = await judge({ frame, brief, at, receivedAt, connection: key });
          return { ...(await describe(id)), ...answer };
        } finally {
          dispatch(id, { is: 'turn-over' });
        }
      },
      close: () => dispatch(id, { is: 'disconnected', key }),
    };
  };
}

/** Begins the attempt that waits. It is counted before its challenge is drawn. */
function createBeginAttempt(parts: RecordingParts, { get, dispatch, fresh }: States) {
  const { sealed, clock, turns, inTransaction, challenges, record } = parts;

  return (id: string): Promise<void> =>
    turns(id, async () => {
      const live = get(id);
      if (!live?.start || live.attempt || live.deciding) return;
      const { camera } = live.start;
      const row = await fresh(id);
      if (row.decision !== null) return;
      const { profile, plan } = await planOf(parts, { realm: live.realm, profile: row.profile });
      const startedAt = clock.now();
      dispatch(id, { is: 'planned', plan, at: startedAt });
      const { uniquenessRule, device: before, page, testOutcome } = await sealed.whole(row);
      const order = { realm: live.realm, plan, isMatched: row.matching !== 'none' };
      const end = testOutcome && (await testEndOf(parts, testOutcome, order));
      const device = { ...before, ...camera };
      const named = camera && (await sealed.seal(row, 'device', device));
      if (!(await inTransaction((tx) => record.attemptBegun(tx, row, named))))
        return dispatch(id, { is: 'start-refused' });
      const { address: _, capturePage: __, ...capture } = device;
      const path = { flash: row.flash === 1, motion: row.motion === 1 };
      const attempt = createAttempt({
        number: row.attempts + 1,
        challenge: challenges.begin(
          challenges.rules(profile),
          plan,
          path,
          await parts.store.stepsBefore(row),
        ),
        startedAt,
        capture,
        reviewable: uniquenessRule.policy === 'block',
        keepsPictures: page.pictures === true,
      });
      dispatch(id, { is: 'attempt-begun', attempt });
      if (!end) return;
      attempt.endAs(end);
      dispatch(id, { is: 'attempt-over', attempt });
    });
}
