import { describeState } from '../describe-state.ts';
import type { SessionParts } from '../parts.ts';
import type { SessionRow } from '../session-store.ts';
import type { ConnectOrder, FrameLink, LiveState } from '../sessions.ts';
import { type AttemptContext, finish, freshRow, leaveQueue, tend } from './context.ts';
import { createFinishAttempt } from './finish-attempt.ts';
import { openFrameLink } from './frame-link.ts';

/** Attempts of sessions: places, frames, states. */
export function createAttempts(
  parts: SessionParts,
  given: Pick<AttemptContext, 'rooms' | 'admission' | 'expire'>,
) {
  const context: AttemptContext = { ...given, parts, finishAttempt: createFinishAttempt(parts) };
  const { rooms } = given;

  return {
    connect: (row: SessionRow, order?: ConnectOrder): FrameLink => openFrameLink(context, row, order),
    /** A session as it is now; time has decided it where it was due. */
    fresh: (id: string): Promise<SessionRow> => freshRow(context, id),
    /** By the capability; `following`: the device that handed the session over. */
    async state(row: SessionRow, following: boolean): Promise<LiveState> {
      const room = rooms.get(row.id);
      if (room) await tend(context, room);
      const state = await describeState(parts, room, await freshRow(context, row.id));
      const ended = state.state === 'decided' || state.state === 'ended';
      return following && !ended ? { ...state, state: 'following' } : state;
    },
    /** Waits for a decision that is being made. */
    async settled(id: string): Promise<void> {
      await rooms.get(id)?.finishing;
    },
    /** Ends attempts that time has ended, and forgets rooms without a client. */
    async tendAll(): Promise<void> {
      for (const room of rooms.all()) await tend(context, room);
      for (const { session } of rooms.unused()) rooms.remove(session);
    },
    /** The session was decided elsewhere, or changed hands. */
    drop(id: string): void {
      const room = rooms.get(id);
      if (!room) return;
      room.attempt = undefined;
      leaveQueue(context, room);
      room.connection?.replaced?.();
      room.connection = undefined;
      rooms.remove(id);
    },
    async finish(id: string): Promise<void> {
      const room = rooms.get(id);
      if (room) await finish(context, room);
    },
  };
}

export type Attempts = ReturnType<typeof createAttempts>;
