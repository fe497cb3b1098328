import { defined } from '../../../lib/defined.ts';
import { Problem } from '../../../lib/problem.ts';
import { describeState } from '../describe-state.ts';
import { MOST_ATTEMPTS } from '../parts.ts';
import { realmOf, type SessionRow } from '../session-store.ts';
import type { ConnectOrder, FrameLink, LiveState } from '../sessions.ts';
import { POSTS } from './attempt.ts';
import { beginAttempt } from './begin-attempt.ts';
import { type AttemptContext, finish, freshRow, hasPlace, leaveQueue, planIn, tend } from './context.ts';
import { admitFrame, checkFrame, createJudgeFrame, passTurn } from './judge-frame.ts';
import type { Room } from './rooms.ts';

/** Connects a client to its session, in place of the client before. */
export function openFrameLink(
  context: AttemptContext,
  row: SessionRow,
  { replaced, posts, address }: ConnectOrder = {},
): FrameLink {
  const { parts, rooms, admission } = context;
  const { clock } = parts;
  const judgeFrame = createJudgeFrame(parts, admission);
  const room = roomOf(rooms, row, address);
  const key = posts ? POSTS : Symbol(row.id);
  if (room.connection?.key !== key) room.connection?.replaced?.();
  room.connection = { key, ...defined({ replaced }) };

  const fresh = () => freshRow(context, row.id);
  async function now(slower = false): Promise<LiveState> {
    return { ...(await describeState(parts, room, await fresh())), ...(slower && { slower: true as const }) };
  }
  function current(): void {
    if (room.connection?.key !== key)
      throw new Problem('CONFLICT', 'Another connection has taken over this session.');
  }
  const isDecided = ({ decision, held_until }: SessionRow) => decision !== null || held_until !== null;

  return {
    session: room.session,
    async state() {
      await tend(context, room);
      return now();
    },
    async start(camera) {
      current();
      await tend(context, room);
      const before = await fresh();
      const over = isDecided(before) || before.attempts >= MOST_ATTEMPTS;
      if (over || room.attempt || room.finishing) return now();
      room.wantsStart = true;
      room.camera = camera;
      await beginAttempt(context, room);
      return now();
    },
    async stop() {
      current();
      if (room.attempt) await finish(context, room);
      leaveQueue(context, room);
      return now();
    },
    async look(frame, at) {
      current();
      const { brief } = checkFrame(frame);
      const receivedAt = clock.now();
      room.usedAt = receivedAt;
      await tend(context, room);
      if (room.expiresAt <= clock.now() || room.finishing) return now();
      if (!hasPlace(context, room)) return now();
      if (room.wantsStart) await beginAttempt(context, room);
      const { judged, slower } = await admitFrame(room, receivedAt);
      if (!judged) return now(slower);
      try {
        // Another connection may have come while the frame waited.
        current();
        const before = await fresh();
        if (isDecided(before)) return await now();
        const plan = await planIn(context, room, before.profile);
        const state = await admission.judge(room.session, () =>
          judgeFrame(room, { frame, brief, at, receivedAt, connection: key }, plan),
        );
        if (state === 'passed' || state === 'failed') void finish(context, room);
        return { ...(await now()), ...answerOf(state, at, Math.max(0, clock.now() - receivedAt)) };
      } finally {
        passTurn(room);
      }
    },
    close() {
      if (room.connection?.key !== key) return;
      room.connection = undefined;
      room.face = undefined;
      if (!room.attempt && !posts) leaveQueue(context, room);
    },
  };
}

/** A published flow, a link and a session of one key or administrator are each a caller of their own. */
function roomOf(rooms: AttemptContext['rooms'], row: SessionRow, address: string | undefined): Room {
  const realm = realmOf(row);
  const share = { ...realm, key: `${row.flow} ${row.actor}`, ...defined({ address }) };
  return rooms.of(row.id as Room['session'], { realm, share, expiresAt: row.expires_at });
}

/** What the answer says of the frame itself. */
const answerOf = (state: string | undefined, at: number, judgedMs: number) =>
  state === 'left-out' ? { leftOut: true as const } : { judged: at, judgedMs };
