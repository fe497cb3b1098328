import type { ModelPlan } from '../../profiles/index.ts';
import { over } from '../capability.ts';
import type { SessionParts } from '../parts.ts';
import type { SessionRow } from '../session-store.ts';
import type { Admission } from './admission.ts';
import type { Attempt } from './attempt.ts';
import { planOf } from './judge-frame.ts';
import type { Room, Rooms } from './rooms.ts';

/** What the parts of an attempt share. */
export interface AttemptContext {
  parts: SessionParts;
  rooms: Rooms;
  admission: Admission;
  /** Decides what time has decided. */
  expire(row: SessionRow): Promise<boolean>;
  /** Decides what follows from an attempt that is over. */
  finishAttempt(session: string, attempt: Attempt): Promise<void>;
}

/** Milliseconds after which a changed profile or model counts. */
const PLAN_KEPT = 10_000;

/** A session as it is now; time has decided it where it was due. */
export async function freshRow(
  { parts: { store, clock }, rooms, expire }: AttemptContext,
  id: string,
): Promise<SessionRow> {
  const row = await store.byId(id);
  if (!row) throw over();
  const finishing = rooms.get(id)?.finishing;
  if (row.decision !== null || row.held_until !== null || finishing || row.expires_at > clock.now())
    return row;
  await expire(row);
  return (await store.byId(id)) ?? row;
}

/** Asks for a place; whether it is admitted. */
export function hasPlace({ admission }: AttemptContext, room: Room): boolean {
  Object.assign(room, admission.ask(room.session, room.share));
  return room.position === 0;
}

export function leaveQueue({ admission }: AttemptContext, room: Room): void {
  admission.leave(room.session);
  Object.assign(room, { wantsStart: false, position: 0, waitSeconds: 0 });
}

/** Ends the attempt in progress, and decides what follows from it. */
export function finish(context: AttemptContext, room: Room): Promise<void> {
  const { attempt } = room;
  if (!attempt) return room.finishing ?? Promise.resolve();
  room.attempt = undefined;
  room.guidance = undefined;
  leaveQueue(context, room);
  const { log } = context.parts;
  room.finishing = context
    .finishAttempt(room.session, attempt)
    .catch((error: unknown) => log.error({ error, session: room.session }, 'an attempt was not decided'))
    .finally(() => {
      room.finishing = undefined;
    });
  return room.finishing;
}

/** Ends an attempt that time has ended. */
export async function tend(context: AttemptContext, room: Room): Promise<void> {
  if (room.attempt?.isOver(context.parts.clock.now())) await finish(context, room);
}

export async function planIn({ parts }: AttemptContext, room: Room, profile: string): Promise<ModelPlan> {
  const now = parts.clock.now();
  if (room.plan === undefined || Math.abs(now - room.plan.at) > PLAN_KEPT) {
    const { plan } = await planOf(parts, { realm: room.realm, profile });
    room.plan = { plan, at: now };
  }
  return room.plan.plan;
}
